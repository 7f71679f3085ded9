package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"photoedge/origin/s3local"
	"photoedge/origin/s3local/photos"
)

// The drill in steps. Clients ask all along; each phase also asks for photos
// that nobody has asked for before, so that the regions have work to do.
//
//  1. cold: every photo of the first share, by several clients each.
//  2. warm: photos that are cached.
//  3. source dark: the source accepts and never answers.
//  4. replica only: the edge knows by now; nobody may wait on the source.
//  5. healed: the source answers again and must serve again.
const (
	drillClients    = 16
	askersPerPhoto  = 4
	warmPerPhoto    = 20
	mixedPerPhoto   = 7
	drillHealWithin = 20 * time.Second
	drillTimeout    = 30 * time.Second // of one request, as a visitor's browser would wait
)

// drillShares splits the photos: the cold phase gets most of them.
func drillShares(list []photos.Photo) (cold, dark, replica, healed []photos.Photo) {
	n := len(list)
	a, b, c := n*6/10, n*74/100, n*87/100
	return list[:a], list[a:b], list[b:c], list[c:]
}

// runDrill runs all phases and prints their table. It returns an error when a
// client saw an error or a wrong byte, when a cold photo was fetched twice, or
// when the source did not serve again.
func (d *demo) runDrill(ctx context.Context) error {
	defer d.close()
	started := time.Now()
	serving, stop := context.WithCancel(ctx)
	edgeDone := make(chan error, 1)
	go func() { edgeDone <- d.edge.run(serving) }()

	dr := newDrill(d)
	err := dr.run(ctx)
	stop()
	err = errors.Join(err, <-edgeDone)
	fmt.Fprintln(d.term.out, dr.table())
	if ctx.Err() != nil {
		fmt.Fprintln(d.term.err, "stopped; nothing was left behind")
		return errReported
	}
	err = errors.Join(err, dr.judge())
	if err != nil {
		fmt.Fprintf(d.term.out, "FAILED after %v\n", time.Since(started).Round(time.Second/10))
		return err
	}
	fmt.Fprintf(d.term.out, "passed in %v: no client saw an error or a wrong byte\n", time.Since(started).Round(time.Second/10))
	return nil
}

func (dr *drill) run(ctx context.Context) error {
	source := dr.demo.cluster.Region(demoSource)
	cold, dark, replica, healed := drillShares(dr.demo.photos)
	warm, mixed := warmPerPhoto*len(dr.demo.photos), mixedPerPhoto*len(dr.demo.photos)

	dr.phase(ctx, "cold", repeat(cold))
	dr.phase(ctx, "warm", sample(cold, warm))
	source.SetFault(s3local.Fault{Mode: s3local.FaultDark})
	dr.phase(ctx, "source dark", mix(repeat(dark), sample(cold, mixed)))
	if err := dr.waitBreaker(ctx); err != nil {
		return err
	}
	dr.phase(ctx, "replica only", mix(repeat(replica), sample(cold, mixed)))
	source.SetFault(s3local.Fault{})
	if err := dr.waitServing(ctx); err != nil {
		return err
	}
	dr.phase(ctx, "healed", mix(repeat(healed), sample(cold, mixed)))
	return nil
}

// waitBreaker waits until the source's breaker is no longer closed, so that
// the next phase shows the steady state.
func (dr *drill) waitBreaker(ctx context.Context) error {
	return dr.wait(ctx, "the source's breaker did not open", func() bool {
		for _, r := range dr.demo.edge.sites[0].router.Regions() {
			if r.Name == demoSource {
				return r.Breaker != "closed"
			}
		}
		return false
	})
}

// waitServing waits until the healed source is the nearest region again.
func (dr *drill) waitServing(ctx context.Context) error {
	return dr.wait(ctx, "the healed source did not come back", func() bool {
		first := dr.demo.edge.sites[0].router.Regions()[0]
		return first.Name == demoSource && first.Breaker == "closed"
	})
}

func (dr *drill) wait(ctx context.Context, what string, condition func() bool) error {
	deadline := time.NewTimer(drillHealWithin)
	defer deadline.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-deadline.C:
			return fmt.Errorf("%s within %v", what, drillHealWithin)
		case <-tick.C:
		}
	}
	return nil
}

// judge holds the phases against the promises.
func (dr *drill) judge() error {
	var errs []error
	failf := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	for _, p := range dr.phases {
		if p.errors > 0 {
			failf("%s: %d of %d requests failed, the first: %w", p.name, p.errors, p.requests, p.firstError)
		}
	}
	if len(dr.phases) != drillPhases {
		failf("only %d of %d phases ran", len(dr.phases), drillPhases)
		return errors.Join(errs...)
	}
	cold, warm, replica, healed := dr.phases[0], dr.phases[1], dr.phases[3], dr.phases[4]
	if got := cold.gets[demoSource] + cold.gets[demoReplica]; got != cold.fresh {
		failf("cold: %d GETs for %d distinct photos", got, cold.fresh)
	}
	if got := warm.gets[demoSource] + warm.gets[demoReplica]; got != 0 {
		failf("warm: %d GETs, want none", got)
	}
	if replica.gets[demoSource] != 0 {
		failf("replica only: %d visitors waited on the dark source", replica.gets[demoSource])
	}
	if healed.gets[demoSource] == 0 {
		failf("healed: the source did not serve again")
	}
	return errors.Join(errs...)
}

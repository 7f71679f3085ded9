package main

import (
	"fmt"
	"io"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"photoedge/config"
	"photoedge/origin"
)

func newCheck(t *terminal) *cobra.Command {
	c := &cobra.Command{
		Use:   "check",
		Short: "Load the configuration and ask every region: credentials, bucket, permission to list, clock",
		Args:  noArgs,
	}
	load := configFlag(c, t)
	c.RunE = func(c *cobra.Command, _ []string) error {
		cfg, err := load()
		if err != nil {
			return err
		}
		failed := 0
		for i := range cfg.Sites {
			reports, err := origin.Check(c.Context(), originOptions(cfg, &cfg.Sites[i]))
			if err != nil {
				return err
			}
			failed += printReports(t.out, &cfg.Sites[i], reports)
		}
		if failed > 0 {
			fmt.Fprintf(t.err, "%d of the regions cannot be used\n", failed)
			return errReported
		}
		return nil
	}
	return c
}

// printReports prints one site's table and returns how many regions failed.
func printReports(out io.Writer, site *config.Site, reports []origin.Report) (failed int) {
	w := table.NewWriter()
	w.SetStyle(table.StyleLight)
	w.SetTitle("site %s", site.Name)
	w.AppendHeader(table.Row{"region", "role", "check", "result", "detail"})
	for i := range reports {
		r := &reports[i]
		if r.Failed() {
			failed++
		}
		w.AppendSeparator()
		bucket := r.Bucket
		if bucket.Verdict == origin.VerdictOK {
			bucket.Detail += fmt.Sprintf(", answered in %v", r.RoundTrip.Round(time.Millisecond/10))
		}
		for j, c := range []struct {
			name    string
			finding origin.Finding
		}{{"credentials", r.Credentials}, {"bucket", bucket}, {"list", r.List}, {"clock", r.Clock}} {
			row := table.Row{"", "", c.name, c.finding.Verdict, c.finding.Detail}
			if j == 0 {
				row[0], row[1] = r.Region, r.Role
			}
			w.AppendRow(row)
		}
	}
	fmt.Fprintln(out, w.Render())
	return failed
}

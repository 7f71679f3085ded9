package main

import (
	"fmt"
	"os"

	"golang.org/x/term"

	"photoedge/origin/s3local"
)

const ctrlC = 3

// watchKeys lets single keys darken and heal regions while the demo runs in a
// terminal. It returns what restores the terminal. Without a terminal it does
// nothing.
func (d *demo) watchKeys(quit func()) (restore func()) {
	in, ok := d.term.in.(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) {
		return func() {}
	}
	state, err := term.MakeRaw(int(in.Fd()))
	if err != nil {
		return func() {}
	}
	go func() {
		var key [1]byte
		for {
			if _, err := in.Read(key[:]); err != nil {
				return
			}
			switch key[0] {
			case 's':
				d.toggle(demoSource)
			case 'r':
				d.toggle(demoReplica)
			case 'q', ctrlC:
				quit()
				return
			}
		}
	}()
	return func() { _ = term.Restore(int(in.Fd()), state) }
}

// toggle darkens a healthy region and heals any other.
func (d *demo) toggle(name string) {
	r := d.cluster.Region(name)
	mode := s3local.FaultDark
	if r.Fault().Mode != s3local.FaultNone {
		mode = s3local.FaultNone
	}
	r.SetFault(s3local.Fault{Mode: mode})
	word := "is dark: it accepts and never answers"
	if mode == s3local.FaultNone {
		word = "is healed"
	}
	fmt.Fprintf(d.term.err, "  %s %s\r\n", name, word)
}

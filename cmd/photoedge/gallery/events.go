package gallery

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// writePatience is how long a page may take to read one event before it is
// given up. It comes back by itself.
const writePatience = 5 * time.Second

// eventsHandler tells the state as server-sent events, the first one at once,
// until the client leaves or the server's context ends.
func eventsHandler(b Backend, every time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "text/event-stream")
		h.Set("Cache-Control", "no-store")
		h.Set("X-Accel-Buffering", "no") // a proxy in between must not collect events
		tick := time.NewTicker(every)
		defer tick.Stop()
		if _, err := fmt.Fprint(w, "retry: 1000\n\n"); err != nil {
			return
		}
		for {
			if err := sendEvent(w, b.State()); err != nil {
				return
			}
			select {
			case <-r.Context().Done():
				return
			case <-tick.C:
			}
		}
	})
}

func sendEvent(w http.ResponseWriter, s State) error {
	body, err := json.Marshal(s.wire())
	if err != nil {
		return err
	}
	rc := http.NewResponseController(w)
	_ = rc.SetWriteDeadline(time.Now().Add(writePatience)) // where it is not supported, there is none
	if _, err := fmt.Fprintf(w, "data: %s\n\n", body); err != nil {
		return err
	}
	return rc.Flush()
}

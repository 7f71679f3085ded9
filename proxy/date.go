package proxy

import "github.com/valyala/fasthttp"

// datePlaceholder has Date's length and is no field that anybody sends.
const datePlaceholder = "Xate"

// setDate sets the Date field. A cache passes on the stored one (RFC 9110
// §6.6.1), but fasthttp keeps Date to itself: its setters drop the field even
// where the server is told not to write one, while its writer would send it.
// So the field is added under another name and renamed where it lies.
// TestMissThenHit fails should a new version of the library see through this.
func setDate(h *fasthttp.ResponseHeader, value []byte) {
	h.SetBytesV(datePlaceholder, value)
	for key := range h.All() {
		if string(key) == datePlaceholder {
			key[0] = 'D'
			return
		}
	}
}

package gallery

import (
	"encoding/json"
	"errors"
	"mime"
	"net/http"
)

// maxFaultBody is more than the name of any fault needs, in bytes.
const maxFaultBody = 1 << 10

// faultHandler takes {"fault":"dark"} or a form with a field of that name.
func faultHandler(b Backend) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxFaultBody)
		fault, err := faultOf(r)
		if err != nil || fault == "" {
			writeError(w, http.StatusBadRequest, `name a fault: {"fault":"dark"} as JSON or fault=dark as a form; "none" heals`)
			return
		}
		switch err := b.SetFault(r.PathValue("name"), fault); {
		case err == nil:
			w.WriteHeader(http.StatusNoContent)
		case errors.Is(err, ErrUnknownRegion):
			writeError(w, http.StatusNotFound, err.Error())
		default:
			writeError(w, http.StatusBadRequest, err.Error())
		}
	})
}

func faultOf(r *http.Request) (string, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return "", err
	}
	if kind != "application/json" {
		err := r.ParseForm()
		return r.PostForm.Get("fault"), err
	}
	var body struct {
		Fault string `json:"fault"`
	}
	err = json.NewDecoder(r.Body).Decode(&body)
	return body.Fault, err
}

package transport

import (
	"encoding/json"
	"maps"
	"net/http"
	"strconv"

	"github.com/vektah/gqlparser/v2/gqlerror"
)

// writeResponse writes an executed operation's answer.
func writeResponse(w http.ResponseWriter, media string, res Response) error {
	return write(w, media, http.StatusOK, res.Header, res.Body)
}

// writeRefusal writes the answer to a request that is not executed.
func writeRefusal(w http.ResponseWriter, media string, refusal *Refusal) {
	if media == "" {
		media = contentTypeResponse
	}
	status := refusal.Status
	if refusal.RequestError && media == contentTypeJSON && status == http.StatusBadRequest {
		status = http.StatusOK
	}
	body, err := json.Marshal(struct {
		Errors gqlerror.List `json:"errors"`
	}{refusal.Errors})
	if err != nil {
		// Only an extension that is no JSON value could do this; the client still
		// learns what kind of answer it is.
		body = []byte(`{"errors":[{"message":"the errors could not be written"}]}`)
	}
	// The connection may be gone; there is nobody left to tell.
	_ = write(w, media, status, refusal.Header, body)
}

// Refuse answers a request that does not come as far as a transport.
func Refuse(w http.ResponseWriter, r *http.Request, refusal *Refusal) {
	writeRefusal(w, acceptable(r.Header), refusal)
}

func write(w http.ResponseWriter, media string, status int, header http.Header, body []byte) error {
	h := w.Header()
	maps.Copy(h, header)
	values := []string{media + "; charset=utf-8", strconv.Itoa(len(body)), "nosniff"}
	h["Content-Type"], h["Content-Length"], h["X-Content-Type-Options"] = values[0:1:1], values[1:2:2], values[2:3:3]
	h["Vary"] = append(h["Vary"], "Accept")
	w.WriteHeader(status)
	_, err := w.Write(body)
	return err
}

func gqlErrors(code, message string) gqlerror.List { return gqlerror.List{Error(code, message)} }

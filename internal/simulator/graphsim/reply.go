package graphsim

import (
	"encoding/json"
	"net/http"
)

// reply is an answer before it is written, so that faults can spoil it and $batch can embed it.
type reply struct {
	status int
	header http.Header
	body   []byte
}

const graphContentType = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"

func jsonReply(status int, v any) *reply {
	body, err := json.Marshal(v)
	if err != nil {
		return &reply{status: http.StatusInternalServerError, header: http.Header{}}
	}
	h := http.Header{}
	h.Set("Content-Type", "application/json; charset=utf-8")
	return &reply{status: status, header: h, body: body}
}

// graphReply is a successful answer of Graph.
func graphReply(body []byte) *reply {
	h := http.Header{}
	h.Set("Content-Type", graphContentType)
	h.Set("OData-Version", "4.0")
	return &reply{status: http.StatusOK, header: h, body: body}
}

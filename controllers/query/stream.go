package query

import (
	"encoding/json"
	"net/http"

	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/inspect"
	"github.com/entrain-dev/entrain/internal/state"
)

// Event is one line of an answer that comes bit by bit. Exactly one field is set. An answer of plan ends with Summary, one of
// export with Done; Error ends any. An answer that ends with none of these is incomplete.
type Event struct {
	Entry    *state.LogEntry  `json:"entry,omitempty"`
	Progress *Progress        `json:"progress,omitempty"`
	Item     *inspect.Item    `json:"item,omitempty"`
	Summary  *inspect.Summary `json:"summary,omitempty"`
	Row      *state.Row       `json:"row,omitempty"`
	Done     bool             `json:"done,omitempty"`
	Error    string           `json:"error,omitempty"`
}

// Progress is where a plan is.
type Progress struct {
	Phase engine.Phase `json:"phase"`
	Done  int64        `json:"done"`
	Total int64        `json:"total,omitempty"`
}

// stream writes events, one JSON object a line.
type stream struct {
	w       http.ResponseWriter
	encoder *json.Encoder
	control *http.ResponseController
}

func newStream(w http.ResponseWriter) *stream {
	return &stream{w: w, encoder: json.NewEncoder(w), control: http.NewResponseController(w)}
}

// begin sends the headers; from here on errors are events.
func (s *stream) begin() {
	s.w.Header().Set("Content-Type", "application/json")
	s.w.Header().Set("Cache-Control", "no-store")
	s.w.WriteHeader(http.StatusOK)
	_ = s.control.Flush()
}

func (s *stream) send(e Event) error {
	return fault.Wrap(fault.Canceled, "answer", s.encoder.Encode(e))
}

func (s *stream) flush() error { return fault.Wrap(fault.Canceled, "answer", s.control.Flush()) }

// end tells an error as the last event. It returns nil, because the answer has begun; whoever went away is told nothing.
func (s *stream) end(err error) error {
	if err != nil && !fault.Is(err, fault.Canceled) {
		_ = s.send(Event{Error: fault.MessageOf(err)})
	}
	return nil
}

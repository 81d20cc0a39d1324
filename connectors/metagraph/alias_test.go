package metagraph_test

import (
	"encoding/json"

	"github.com/manystall/manystall/shared/port"
)

type (
	portLane  = port.Lane
	portQuota = port.Quota
)

func decode(raw json.RawMessage, into any) error { return json.Unmarshal(raw, into) }

package metasim

import "github.com/manystall/manystall/connectors/simkit"

// fault answers a call with the queued fault of its request, after all checks
// and before anything is done. A rejected items_batch is answered with 200, no
// handle and an error per item.
func (c *call) fault(op operation) (any, error) {
	c.write = false
	switch {
	case c.req.fault == simkit.FaultRejected && op.edge == "items_batch":
		return rejectBatch(c.req.p["requests"])
	case c.req.fault == simkit.FaultRateLimited && op.bucket == bucketBatch:
		c.gauge(c.asset(), op.bucket, c.CatalogBatchPerMinute+1, c.CatalogBatchPerMinute)
		return nil, refusal(80014, 0, "There have been too many calls for the batch uploads to this catalog account. Wait a bit and try again.")
	}
	return nil, injected(c.req.fault)
}

func rejectBatch(requests string) (any, error) {
	records, err := decodeRecords(requests)
	if err != nil {
		return nil, err
	}
	remarks := make([]validation, 0, len(records))
	for _, r := range records {
		remarks = append(remarks, validation{RetailerID: r.id(), Errors: []remark{{"This item was not accepted."}}})
	}
	return object{"handles": []string{}, "validation_status": remarks}, nil
}

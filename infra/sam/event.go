package sam

import (
	"encoding/json"
	"strings"
	"time"
)

// event reads one entry of a function's Events.
func (r *reading) event(f *Function, name string, e *section) {
	kind := e.required("Type")
	p := e.sub("Properties")
	e.close()
	if p.node == nil {
		r.add(e.node, "%s needs Properties", e.path)
		return
	}
	switch kind {
	case "HttpApi":
		f.Routes = append(f.Routes, r.route(name, p))
	case "SQS":
		f.Queues = append(f.Queues, r.queueTrigger(name, p))
	case "DynamoDB":
		f.Streams = append(f.Streams, r.streamTrigger(name, p))
	case "Schedule", "ScheduleV2":
		f.Schedules = append(f.Schedules, r.schedule(name, kind == "ScheduleV2", p))
	default:
		r.add(e.at("Type"), "%s: the event type %s is not known; remove it or teach infra/sam about it", e.path, kind)
	}
	p.close()
}

func (r *reading) route(name string, p *section) Route {
	out := Route{
		Event:  name,
		Method: strings.ToUpper(p.required("Method")),
		Path:   p.required("Path"),
	}
	p.ignore("ApiId", "TimeoutInMillis")
	p.oneOf("PayloadFormatVersion", "2.0")
	if why := badPath(out.Path); why != "" {
		r.add(p.at("Path"), "%s.Path %s: %s", p.path, out.Path, why)
	}
	return out
}

// badPath says why API Gateway would refuse a route's path. A variable fills a
// whole segment; a greedy one ({name+}) stands last
// (docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html, 2026-11).
func badPath(path string) string {
	if !strings.HasPrefix(path, "/") {
		return "must begin with /"
	}
	parts := strings.Split(path[1:], "/")
	for i, part := range parts {
		inner, isVar := variable(part)
		switch {
		case !isVar && strings.ContainsAny(part, "{}"):
			return "a variable must be a whole segment"
		case isVar && strings.Trim(inner, "+") == "":
			return "a variable needs a name"
		case isVar && strings.HasSuffix(inner, "+") && i != len(parts)-1:
			return "a greedy variable must stand last"
		}
	}
	return ""
}

func variable(part string) (string, bool) {
	if len(part) < 2 || part[0] != '{' || part[len(part)-1] != '}' {
		return "", false
	}
	inner := part[1 : len(part)-1]
	return inner, !strings.ContainsAny(inner, "{}")
}

// queueTrigger reads an SQS event; limits: docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html, 2026-11.
func (r *reading) queueTrigger(name string, p *section) QueueTrigger {
	t := QueueTrigger{
		Event: name, Queue: r.ownedBy(p, "Queue", "AWS::SQS::Queue"),
		Enabled:        p.flag("Enabled", true),
		BatchSize:      p.number("BatchSize", bound{10, 1, 10000}),
		Window:         p.seconds("MaximumBatchingWindowInSeconds", bound{0, 0, 300}),
		Filters:        r.filters(p),
		ReportFailures: r.responseTypes(p),
	}
	scaling := p.sub("ScalingConfig")
	t.MaxConcurrency = scaling.number("MaximumConcurrency", bound{0, 2, 1000})
	scaling.close()
	if t.BatchSize > 10 && t.Window == 0 {
		r.add(p.at("BatchSize"), "%s: a BatchSize above 10 needs a batching window of at least 1 s", p.path)
	}
	return t
}

// streamTrigger reads a DynamoDB event; limits: docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html, 2026-11.
func (r *reading) streamTrigger(name string, p *section) StreamTrigger {
	t := StreamTrigger{
		Event: name, Table: r.ownedBy(p, "Stream", "AWS::DynamoDB::Table"),
		Enabled:          p.flag("Enabled", true),
		BatchSize:        p.number("BatchSize", bound{100, 1, 10000}),
		Window:           p.seconds("MaximumBatchingWindowInSeconds", bound{0, 0, 300}),
		StartingPosition: p.oneOf("StartingPosition", "TRIM_HORIZON", "LATEST"),
		Bisect:           p.flag("BisectBatchOnFunctionError", false),
		MaxRetries:       p.number("MaximumRetryAttempts", bound{-1, -1, 10000}),
		Parallel:         p.number("ParallelizationFactor", bound{1, 1, 10}),
		Filters:          r.filters(p),
		ReportFailures:   r.responseTypes(p),
	}
	// -1 is Lambda's own "never", which is also the default.
	if age := p.number("MaximumRecordAgeInSeconds", bound{-1, -1, 604800}); age > 0 {
		t.MaxAge = time.Duration(age) * time.Second
	}
	if p.has("DestinationConfig") {
		d := p.sub("DestinationConfig")
		f := d.sub("OnFailure")
		f.oneOf("Type", "SQS")
		t.OnFailure = r.ownedBy(f, "Destination", "AWS::SQS::Queue")
		f.close()
		d.close()
	}
	return t
}

func (r *reading) filters(p *section) []string {
	c := p.sub("FilterCriteria")
	var all []string
	for _, f := range c.items("Filters") {
		pattern := f.required("Pattern")
		f.close()
		var m map[string]any
		if err := json.Unmarshal([]byte(pattern), &m); pattern != "" && err != nil {
			r.add(f.at("Pattern"), "%s.Pattern is no JSON object: %v", f.path, err)
			continue
		}
		all = append(all, pattern)
	}
	c.close()
	return all
}

func (r *reading) responseTypes(p *section) bool {
	types := p.texts("FunctionResponseTypes")
	for _, t := range types {
		if t != "ReportBatchItemFailures" {
			r.add(p.at("FunctionResponseTypes"), "%s: %q is no response type", p.path, t)
		}
	}
	return len(types) > 0
}

func (r *reading) schedule(name string, v2 bool, p *section) Schedule {
	s := Schedule{Event: name, V2: v2, Input: p.text("Input", "")}
	p.ignore("Description", "Name", "RetryPolicy")
	if v2 {
		s.Expression = p.required("ScheduleExpression")
		s.Zone = p.text("ScheduleExpressionTimezone", "")
		s.Enabled = p.oneOf("State", "ENABLED", "DISABLED") == "ENABLED"
	} else {
		s.Expression = p.required("Schedule")
		s.Enabled = p.flag("Enabled", true)
	}
	if s.Input != "" && !json.Valid([]byte(s.Input)) {
		r.add(p.at("Input"), "%s.Input is no JSON", p.path)
	}
	if s.Zone != "" {
		if _, err := time.LoadLocation(s.Zone); err != nil {
			r.add(p.at("ScheduleExpressionTimezone"), "%s: unknown time zone %s", p.path, s.Zone)
		}
	}
	return s
}

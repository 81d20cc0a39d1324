package sam

import (
	"slices"

	"go.yaml.in/yaml/v3"
)

// passive lists the resource types that have no local counterpart, with the
// properties they may have. Their values are resolved, so that a wrong name in
// them is found, and then dropped.
var passive = map[string][]string{
	"AWS::Serverless::HttpApi": {"FailOnWarnings", "DefaultRouteSettings", "StageName", "AccessLogSettings"},
	"AWS::KMS::Alias":          {"AliasName", "TargetKeyId"},
	"AWS::Logs::MetricFilter":  {"LogGroupName", "FilterPattern", "MetricTransformations"},
	"AWS::Logs::LogGroup":      {"LogGroupName", "RetentionInDays"},
	"AWS::CloudWatch::Alarm": {"AlarmDescription", "AlarmActions", "ComparisonOperator", "EvaluationPeriods",
		"Threshold", "TreatMissingData", "Metrics"},
	"AWS::SNS::Topic":       {"Subscription", "KmsMasterKeyId"},
	"AWS::S3::BucketPolicy": {"Bucket", "PolicyDocument"},
	"AWS::SQS::QueuePolicy": {"Queues", "PolicyDocument"},
}

// readResource adds one resource to the template.
func (r *reading) readResource(t *Template, id string, globals *yaml.Node) {
	body, kind := r.resources[id], r.types[id]
	s := r.section(id, body)
	s.ignore("Type", "Condition", "UpdateReplacePolicy", "Metadata")
	raw := s.raw("Properties")
	kept := s.oneOf("DeletionPolicy", "Delete", "Retain", "RetainExceptOnCreate")
	for _, d := range s.texts("DependsOn") {
		if r.types[d] == "" {
			r.add(s.at("DependsOn"), "%s depends on %s, which is no resource of this template", id, d)
		}
	}
	s.close()
	if kind == "AWS::Serverless::Function" {
		p := r.section(id, r.eval(r.merge(globals, raw)))
		f := r.function(id, p)
		f.BuildMethod = r.buildMethod(id, child(body, "Metadata"))
		t.Functions = append(t.Functions, f)
		return
	}
	p := r.section(id, r.eval(raw))
	switch kind {
	case "AWS::DynamoDB::Table":
		table := r.table(id, p)
		table.Retained = kept != "Delete"
		t.Tables = append(t.Tables, table)
	case "AWS::SQS::Queue":
		t.Queues = append(t.Queues, r.queue(id, p))
	case "AWS::S3::Bucket":
		t.Buckets = append(t.Buckets, r.bucket(id, p))
	case "AWS::KMS::Key":
		p.ignore("Description", "EnableKeyRotation", "KeyPolicy", "PendingWindowInDays")
		p.close()
		t.Keys = append(t.Keys, id)
	case "AWS::IAM::ManagedPolicy":
		p.ignore("Description")
		document := p.sub("PolicyDocument")
		if t.Boundaries == nil {
			t.Boundaries = map[string][]Statement{}
		}
		t.Boundaries[id] = r.policy(document)
		p.close()
	default:
		r.passive(kind, body, p)
	}
}

func (r *reading) passive(kind string, body *yaml.Node, p *section) {
	fields, ok := passive[kind]
	if !ok {
		r.add(body, "%s: the resource type %s is not known; remove it or teach infra/sam about it", p.path, kind)
		return
	}
	p.ignore(fields...)
	p.close()
}

func (r *reading) bucket(id string, p *section) Bucket {
	p.ignore("BucketEncryption", "PublicAccessBlockConfiguration", "LifecycleConfiguration",
		"OwnershipControls", "VersioningConfiguration", "CorsConfiguration")
	b := Bucket{LogicalID: id, Name: p.text("BucketName", id)}
	p.close()
	return b
}

// ownedBy leads from an ARN in the template to the logical id of a resource of
// the wanted type, or reports why it cannot.
func (r *reading) ownedBy(s *section, key, kind string) string {
	arn := s.required(key)
	if arn == "" {
		return ""
	}
	id := r.owner[arn]
	if r.types[id] != kind {
		r.add(s.at(key), "%s.%s must be a !GetAtt of an %s of this template", s.path, key, kind)
		return ""
	}
	return id
}

func (r *reading) buildMethod(id string, n *yaml.Node) string {
	if n == nil {
		return ""
	}
	m := r.section(id+".Metadata", n)
	method := m.text("BuildMethod", "")
	m.close()
	if !slices.Contains([]string{"", "makefile"}, method) {
		r.add(m.at("BuildMethod"), "%s: BuildMethod %q is not known, must be makefile", id, method)
	}
	return method
}

// checkTriggers finds what AWS refuses only at deployment: a queue must hide a
// message at least as long as the function may work on it
// (docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html, 2026-11).
func (r *reading) checkTriggers(t *Template) {
	for _, f := range t.Functions {
		for _, trigger := range f.Queues {
			q, ok := t.Queue(trigger.Queue)
			if ok && q.Visibility < f.Timeout {
				r.add(r.resources[q.LogicalID], "%s hides messages for %s, less than the %s that %s may take",
					q.LogicalID, q.Visibility, f.Timeout, f.LogicalID)
			}
		}
		for _, trigger := range f.Streams {
			for _, table := range t.Tables {
				if table.LogicalID == trigger.Table && table.StreamView == "" {
					r.add(r.resources[table.LogicalID], "%s has no stream for %s", table.LogicalID, f.LogicalID)
				}
			}
		}
	}
}

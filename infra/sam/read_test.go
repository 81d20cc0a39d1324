package sam

import (
	"errors"
	"strings"
	"testing"
	"time"
)

const head = "Transform: AWS::Serverless-2016-10-31\n"

// queueWith is a template of one queue Q (and the sections before it), for
// tests of values: the value stands in line 6 plus the lines of sections.
func queueWith(sections, value string) string {
	return head + sections + "Resources:\n  Q:\n    Type: AWS::SQS::Queue\n    Properties:\n      QueueName: " + value + "\n"
}

func read(t *testing.T, text string) (*Template, error) {
	t.Helper()
	return Read("template.yaml", []byte(text), Options{
		Resolver: Local{QueueURL: "http://local/"}, Region: "eu-north-1", AccountID: "123456789012",
	})
}

func TestIntrinsics(t *testing.T) {
	t.Parallel()
	sections := `Parameters:
  Size: {Type: Number, Default: 3}
  Empty: {Type: String, Default: ''}
Mappings:
  Names: {north: {short: n}}
Conditions:
  Big: !Equals [!Ref Size, '3']
  Small: !Not [!Condition Big]
  Both: !And [{Condition: Big}, !Equals [!Ref Empty, '']]
  Any: {'Fn::Or': [{Condition: Small}, {Condition: Both}]}
`
	tests := map[string]struct{ value, want string }{
		"plain":              {"q", "q"},
		"ref":                {"!Ref Size", "3"},
		"long ref":           {"{Ref: Size}", "3"},
		"pseudo":             {"!Ref AWS::Region", "eu-north-1"},
		"sub":                {"!Sub '${AWS::AccountId}-${Size}-${!Size}'", "123456789012-3-${Size}"},
		"long sub":           {"{'Fn::Sub': ['${a}-${Size}', {a: !Ref AWS::Partition}]}", "aws-3"},
		"sub attribute":      {"!Sub '${Q.QueueName}x'", "Qx"},
		"get attribute":      {"!GetAtt Q.Arn", "arn:aws:sqs:us-east-1:000000000000:Q"},
		"get attribute list": {"{'Fn::GetAtt': [Q, QueueName]}", "Q"},
		"resource":           {"!Ref Q", "http://local/000000000000/Q"},
		"join":               {"!Join ['-', [a, !Ref Size, b]]", "a-3-b"},
		"if":                 {"!If [Big, yes, no]", "yes"},
		"if not":             {"!If [Small, yes, no]", "no"},
		"and, or":            {"!If [Any, yes, no]", "yes"},
		"nothing":            {"!If [Small, x, !Ref AWS::NoValue]", "Q"},
		"map":                {"!FindInMap [Names, north, short]", "n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tpl, err := read(t, queueWith(sections, tt.value))
			if err != nil {
				t.Fatal(err)
			}
			if got := tpl.Queues[0].Name; got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestProblemsNameTheLine(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ text, want string }{
		"unknown resource type": {head + "Resources:\n  A:\n    Type: AWS::EC2::Instance\n", ":4: A: the resource type AWS::EC2::Instance"},
		"unknown property":      {queueWith("", "q\n      Fifo: true"), ":7: Q: Fifo is not known"},
		"unknown function":      {queueWith("", "!Split [a, b]"), ":6: the function Split"},
		"unknown long function": {queueWith("", "{'Fn::Select': [a, b]}"), ":6: the function Select"},
		"unknown section":       {head + "Rules: {}\n" + queueWith("", "q")[len(head):], ":2: template: Rules"},
		"no transform":          {"Resources: {}\n", ":1: template needs Transform"},
		"no resources":          {head, ":1: the template has no Resources"},
		"unknown name":          {queueWith("", "!Ref Nobody"), ":6: Nobody is no parameter"},
		"unknown in sub":        {queueWith("", "!Sub '${Nobody.Arn}'"), ":6: Nobody is no resource"},
		"unknown attribute":     {queueWith("", "!GetAtt Q.Color"), ":6: Q (AWS::SQS::Queue) has no attribute Color"},
		"unclosed sub":          {queueWith("", "!Sub '${Q'"), ":6: Sub: ${ without }"},
		"unknown condition":     {queueWith("", "!If [Maybe, a, b]"), `:6: there is no condition "Maybe"`},
		"condition of itself":   {queueWith("Conditions:\n  A: !Not [!Condition A]\n", "q"), ":3: condition A depends on itself"},
		"condition outside":     {queueWith("", "!Equals [a, b]"), ":6: Equals belongs into Conditions"},
		"parameter without value": {queueWith("Parameters:\n  P: {Type: String}\n", "q"),
			":3: parameter P has no Default"},
		"parameter pattern": {queueWith("Parameters:\n  P: {Type: String, Default: b, AllowedPattern: a+}\n", "q"),
			":3: the value of parameter P does not match"},
		"parameter values": {queueWith("Parameters:\n  P: {Type: String, Default: b, AllowedValues: [a]}\n", "q"),
			":3: the value of parameter P is not among"},
		"alias":        {head + "Metadata: &a {}\nDescription: *a\n", ":2: CloudFormation does not accept YAML anchors"},
		"key twice":    {queueWith("", "q\n      QueueName: r"), `:7: "QueueName" is given twice`},
		"number limit": {queueWith("", "q\n      DelaySeconds: 901"), ":7: Q.DelaySeconds is 901, must be from 0 to 900"},
		"no number":    {queueWith("", "q\n      DelaySeconds: soon"), ":7: Q.DelaySeconds must be a whole number"},
		"no flag":      {queueWith("", "q\n      SqsManagedSseEnabled: maybe"), ":7: Q.SqsManagedSseEnabled must be true or false"},
		"foreign redrive": {queueWith("", "q\n      RedrivePolicy: {deadLetterTargetArn: 'arn:x', maxReceiveCount: 5}"),
			":7: Q.RedrivePolicy.deadLetterTargetArn must be a !GetAtt"},
		"depends on nothing": {queueWith("", "q\n    DependsOn: X"), ":7: Q depends on X"},
		"not yaml":           {"a: [", "template.yaml: yaml:"},
		"not a mapping":      {"- a\n", ":1: a template is a mapping"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := read(t, tt.text)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// functionWith is a template of one function with one event in line 11 and up.
func functionWith(event string) string {
	return head + `Resources:
  Q: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: 60}}
  Tab:
    Type: AWS::DynamoDB::Table
    Properties: {AttributeDefinitions: [{AttributeName: pk, AttributeType: S}], KeySchema: [{AttributeName: pk, KeyType: HASH}], StreamSpecification: {StreamViewType: NEW_IMAGE}}
  WorkFunction:
    Type: AWS::Serverless::Function
    Properties: {Handler: bootstrap, Runtime: provided.al2023, Timeout: 60, Events: {
      E: ` + event + "}}\n"
}

func TestEvents(t *testing.T) {
	t.Parallel()
	tpl, err := read(t, functionWith(`{Type: SQS, Properties: {Queue: !GetAtt Q.Arn, BatchSize: 2, MaximumBatchingWindowInSeconds: 3, ScalingConfig: {MaximumConcurrency: 4}, FilterCriteria: {Filters: [{Pattern: '{"body":{"a":["b"]}}'}]}}}`))
	if err != nil {
		t.Fatal(err)
	}
	q := tpl.Functions[0].Queues[0]
	if q.Queue != "Q" || q.BatchSize != 2 || q.Window != 3*time.Second || q.MaxConcurrency != 4 || q.ReportFailures || !q.Enabled || len(q.Filters) != 1 {
		t.Errorf("queue trigger: %+v", q)
	}
	tpl, err = read(t, functionWith(`{Type: DynamoDB, Properties: {Stream: !GetAtt Tab.StreamArn, StartingPosition: LATEST, MaximumRecordAgeInSeconds: 60, DestinationConfig: {OnFailure: {Type: SQS, Destination: !GetAtt Q.Arn}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	s := tpl.Functions[0].Streams[0]
	if s.Table != "Tab" || s.StartingPosition != "LATEST" || s.MaxRetries != -1 || s.BatchSize != 100 || s.MaxAge != time.Minute || s.OnFailure != "Q" {
		t.Errorf("stream trigger: %+v", s)
	}
	tpl, err = read(t, functionWith(`{Type: ScheduleV2, Properties: {ScheduleExpression: rate(5 minutes), State: DISABLED, ScheduleExpressionTimezone: Asia/Baku, Input: '{"a":1}'}}`))
	if err != nil {
		t.Fatal(err)
	}
	if c := tpl.Functions[0].Schedules[0]; c.Enabled || !c.V2 || c.Zone != "Asia/Baku" || c.Expression != "rate(5 minutes)" || c.Input != `{"a":1}` {
		t.Errorf("schedule: %+v", c)
	}
}

func TestEventProblems(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ event, want string }{
		"unknown type":     {`{Type: S3, Properties: {}}`, "the event type S3"},
		"part of segment":  {`{Type: HttpApi, Properties: {Method: GET, Path: '/feeds/{key}.csv'}}`, "a variable must be a whole segment"},
		"greedy inside":    {`{Type: HttpApi, Properties: {Method: GET, Path: '/{a+}/b'}}`, "a greedy variable must stand last"},
		"no slash":         {`{Type: HttpApi, Properties: {Method: GET, Path: 'a'}}`, "must begin with /"},
		"wrong source":     {`{Type: SQS, Properties: {Queue: !GetAtt Tab.Arn}}`, "must be a !GetAtt of an AWS::SQS::Queue"},
		"batch, no window": {`{Type: SQS, Properties: {Queue: !GetAtt Q.Arn, BatchSize: 11}}`, "needs a batching window"},
		"bad filter":       {`{Type: SQS, Properties: {Queue: !GetAtt Q.Arn, FilterCriteria: {Filters: [{Pattern: '{'}]}}}`, "is no JSON object"},
		"bad response":     {`{Type: SQS, Properties: {Queue: !GetAtt Q.Arn, FunctionResponseTypes: [All]}}`, `"All" is no response type`},
		"bad zone":         {`{Type: ScheduleV2, Properties: {ScheduleExpression: rate(1 day), ScheduleExpressionTimezone: Mars/Base}}`, "unknown time zone"},
		"bad input":        {`{Type: Schedule, Properties: {Schedule: rate(1 day), Input: '{'}}`, "Input is no JSON"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := read(t, functionWith(tt.event))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestVisibilityMustCoverTimeout(t *testing.T) {
	t.Parallel()
	text := strings.Replace(functionWith(`{Type: SQS, Properties: {Queue: !GetAtt Q.Arn}}`), "VisibilityTimeout: 60", "VisibilityTimeout: 59", 1)
	_, err := read(t, text)
	var p *Problem
	if !errors.As(err, &p) || p.Line != 3 || !strings.Contains(p.Text, "Q hides messages for 59s") {
		t.Errorf("got %v", err)
	}
}

func TestTableProblems(t *testing.T) {
	t.Parallel()
	base := head + "Resources:\n  Tab:\n    Type: AWS::DynamoDB::Table\n    Properties:\n      AttributeDefinitions: [{AttributeName: pk, AttributeType: S}]\n"
	keys := "      KeySchema: [{AttributeName: pk, KeyType: HASH}]\n"
	index := func(s string) string {
		return base + keys + "      GlobalSecondaryIndexes:\n        - {KeySchema: [{AttributeName: pk, KeyType: HASH}], " + s + "}\n"
	}
	for text, want := range map[string]string{
		base:                                  ":6: Tab needs a HASH key",
		base + keys + "      TableName: ab\n": `:8: Tab: the table name "ab" must have 3`,
		base + "      KeySchema: [{AttributeName: x, KeyType: HASH}]\n":    ":7: Tab.KeySchema[0]: x is not in AttributeDefinitions",
		base + keys + "      StreamSpecification: {StreamViewType: ALL}\n": `:8: Tab.StreamSpecification.StreamViewType is "ALL"`,
		base + keys + "      LocalSecondaryIndexes: []\n":                  ":8: Tab: LocalSecondaryIndexes is not known",
		index("IndexName: g1, Projection: {ProjectionType: ALL}"):          `:9: Tab.GlobalSecondaryIndexes[0].IndexName "g1" must have 3`,
		index("IndexName: gsi, Projection: {ProjectionType: INCLUDE}"):     "NonKeyAttributes go with INCLUDE",
		index("IndexName: gsi, Projection: {NonKeyAttributes: [a]}"):       "NonKeyAttributes go with INCLUDE",
		index("IndexName: gsi, Projection: {ProjectionType: KEYS}"):        `ProjectionType is "KEYS"`,
	} {
		if _, err := read(t, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestGlobalsAreMerged(t *testing.T) {
	t.Parallel()
	tpl, err := read(t, head+`Globals:
  Function: {Timeout: 7, Runtime: provided.al2023, Handler: bootstrap, Environment: {Variables: {A: global, B: global}}}
Resources:
  OneFunction:
    Type: AWS::Serverless::Function
    Properties: {Timeout: 9, Environment: {Variables: {B: own, C: own}}}
  TwoFunction: {Type: AWS::Serverless::Function}
`)
	if err != nil {
		t.Fatal(err)
	}
	one, two := tpl.Functions[0], tpl.Functions[1]
	if one.Timeout != 9*time.Second || one.Environment["A"] != "global" || one.Environment["B"] != "own" || one.Environment["C"] != "own" {
		t.Errorf("one: %+v", one)
	}
	if two.Timeout != 7*time.Second || two.Environment["B"] != "global" || two.Name != "two" {
		t.Errorf("two: %+v", two)
	}
}

func TestConditionDropsResource(t *testing.T) {
	t.Parallel()
	text := head + "Conditions: {Never: !Equals [a, b]}\nResources:\n  Q: {Type: AWS::SQS::Queue, Condition: Never}\n  P: {Type: AWS::SQS::Queue}\n"
	tpl, err := read(t, text)
	if err != nil || len(tpl.Queues) != 1 || tpl.Queues[0].LogicalID != "P" {
		t.Errorf("got %+v, %v", tpl, err)
	}
}

func TestVariableName(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"PublicUrl": "PUBLIC_URL", "EtsyWebhookSecretNext": "ETSY_WEBHOOK_SECRET_NEXT", "": ""} {
		if got := VariableName(in); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

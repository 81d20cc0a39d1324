package sqs_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	client "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

const arnPrefix = "arn:aws:sqs:eu-west-1:000000000000:"

func redrive(target string, count int) string {
	return fmt.Sprintf(`{"deadLetterTargetArn":"%s%s","maxReceiveCount":%d}`, arnPrefix, target, count)
}

// wearOut receives until nothing comes any more.
func (b *bundle) wearOut(queue string) int {
	for n := 0; ; n++ {
		if len(b.receive(queue)) == 0 {
			return n
		}
		b.clock.advance(31 * time.Second)
	}
}

func TestDeadLetters(t *testing.T) {
	t.Parallel()
	b := setup(t)
	dead := b.queue("dead")
	q := b.queue("orders", "RedrivePolicy", redrive("dead", 3))
	id := b.send(q, "poison")
	if n := b.wearOut(q); n != 3 {
		t.Errorf("delivered %d times, want 3", n)
	}
	b.wantCounts(q, "0/0/0")
	b.wantCounts(dead, "1/0/0")
	b.restart()
	got := b.receive(dead)[0]
	if *got.MessageId != id || *got.Body != "poison" || got.Attributes["DeadLetterQueueSourceArn"] != arnPrefix+"orders" ||
		got.Attributes["ApproximateReceiveCount"] != "4" || got.Attributes["SentTimestamp"] != "1772366400000" {
		t.Errorf("dead letter %+v", got)
	}
	sources, err := b.ListDeadLetterSourceQueues(t.Context(), &client.ListDeadLetterSourceQueuesInput{QueueUrl: &dead})
	if err != nil || len(sources.QueueUrls) != 1 || sources.QueueUrls[0] != q {
		t.Errorf("sources = %v, %v", sources, err)
	}
}

func TestDeadLetterChain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.queue("grave")
	dead := b.queue("dead", "RedrivePolicy", redrive("grave", 2))
	q := b.queue("orders", "RedrivePolicy", redrive("dead", 3))
	b.send(q, "poison")
	b.wearOut(q)
	if n := b.wearOut(dead); n != 2 {
		t.Errorf("the dead-letter queue delivered %d times, want 2", n)
	}
}

func TestRedriveAllowPolicy(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.queue("closed", "RedriveAllowPolicy", `{"redrivePermission":"denyAll"}`)
	b.queue("some", "RedriveAllowPolicy", `{"redrivePermission":"byQueue","sourceQueueArns":["`+arnPrefix+`friend"]}`)
	for name, ok := range map[string]bool{"friend": true, "stranger": false} {
		_, err := b.CreateQueue(t.Context(), &client.CreateQueueInput{QueueName: &name, Attributes: map[string]string{"RedrivePolicy": redrive("some", 1)}})
		if (err == nil) != ok {
			t.Errorf("%s: %v", name, err)
		}
	}
	q := b.queue("late")
	_, err := b.SetQueueAttributes(t.Context(), &client.SetQueueAttributesInput{QueueUrl: &q, Attributes: map[string]string{"RedrivePolicy": redrive("closed", 1)}})
	wantCode(t, err, "InvalidParameterValue")
}

func TestPolicyRemoved(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.queue("dead")
	q := b.queue("orders", "RedrivePolicy", redrive("dead", 1))
	b.send(q, "x")
	_, err := b.SetQueueAttributes(t.Context(), &client.SetQueueAttributesInput{QueueUrl: &q, Attributes: map[string]string{"RedrivePolicy": ""}})
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if got := bodies(b.receive(q)); got != "x" {
			t.Fatalf("received %q", got)
		}
		b.clock.advance(time.Minute)
	}
}

// moves returns the tasks of a dead-letter queue, newest first.
func (b *bundle) moves(name string) []types.ListMessageMoveTasksResultEntry {
	b.t.Helper()
	out, err := b.ListMessageMoveTasks(b.t.Context(), &client.ListMessageMoveTasksInput{SourceArn: aws.String(arnPrefix + name), MaxResults: aws.Int32(10)})
	if err != nil {
		b.t.Fatal(err)
	}
	return out.Results
}

func (b *bundle) startMove(source, target string, rate *int32) string {
	b.t.Helper()
	in := &client.StartMessageMoveTaskInput{SourceArn: aws.String(arnPrefix + source), MaxNumberOfMessagesPerSecond: rate}
	if target != "" {
		in.DestinationArn = aws.String(arnPrefix + target)
	}
	out, err := b.StartMessageMoveTask(b.t.Context(), in)
	if err != nil {
		b.t.Fatal(err)
	}
	return *out.TaskHandle
}

func TestMoveBack(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/sqs.db"
	synctest.Test(t, func(t *testing.T) {
		b := pollBundle(t, path)
		defer b.close()
		dead := b.queue("dead")
		q := b.queue("orders", "RedrivePolicy", redrive("dead", 1), "VisibilityTimeout", "1")
		id := b.send(q, "poison")
		b.receive(q)
		pass(time.Second)
		b.receive(q)
		b.wantCounts(dead, "1/0/0")

		b.startMove("dead", "", nil)
		synctest.Wait()
		b.wantCounts(dead, "0/0/0")
		got := b.receive(q)
		if len(got) != 1 || *got[0].MessageId == id || got[0].Attributes["ApproximateReceiveCount"] != "1" {
			t.Fatalf("moved back %+v", got)
		}
		task := b.moves("dead")[0]
		if *task.Status != "COMPLETED" || task.ApproximateNumberOfMessagesMoved != 1 || *task.ApproximateNumberOfMessagesToMove != 1 || task.TaskHandle != nil {
			t.Errorf("task %+v", task)
		}
	})
}

func TestMoveWithRate(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/sqs.db"
	synctest.Test(t, func(t *testing.T) {
		b := pollBundle(t, path)
		defer b.close()
		dead, other := b.queue("dead"), b.queue("other")
		b.queue("orders", "RedrivePolicy", redrive("dead", 1))
		for i := range 10 {
			b.send(dead, fmt.Sprint(i))
		}
		handle := b.startMove("dead", "other", aws.Int32(2))
		synctest.Wait()
		b.wantCounts(other, "2/0/0")
		_, err := b.StartMessageMoveTask(t.Context(), &client.StartMessageMoveTaskInput{SourceArn: aws.String(arnPrefix + "dead")})
		wantCode(t, err, "AWS.SimpleQueueService.UnsupportedOperation")

		pass(time.Second + time.Millisecond)
		synctest.Wait()
		b.wantCounts(other, "4/0/0")
		b.close()
		b.open(time.Now) // the task goes on after a restart
		synctest.Wait()
		b.wantCounts(other, "6/0/0")
		out, err := b.CancelMessageMoveTask(t.Context(), &client.CancelMessageMoveTaskInput{TaskHandle: &handle})
		if err != nil || out.ApproximateNumberOfMessagesMoved != 6 {
			t.Errorf("cancel: %+v, %v", out, err)
		}
		synctest.Wait()
		b.wantCounts(dead, "4/0/0")
		if got := *b.moves("dead")[0].Status; got != "CANCELLED" {
			t.Errorf("status = %s", got)
		}
		_, err = b.CancelMessageMoveTask(t.Context(), &client.CancelMessageMoveTaskInput{TaskHandle: &handle})
		wantCode(t, err, "AWS.SimpleQueueService.UnsupportedOperation")
	})
}

func TestMoveRefusals(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/sqs.db"
	synctest.Test(t, func(t *testing.T) {
		b := pollBundle(t, path)
		defer b.close()
		dead := b.queue("dead")
		start := func(source, target string) error {
			_, err := b.StartMessageMoveTask(t.Context(), &client.StartMessageMoveTaskInput{SourceArn: aws.String(source), DestinationArn: aws.String(target)})
			return err
		}
		wantCode(t, start(arnPrefix+"dead", ""), "InvalidParameterValue") // no dead-letter queue yet
		b.queue("orders", "RedrivePolicy", redrive("dead", 1))
		wantCode(t, start(arnPrefix+"none", ""), "ResourceNotFoundException")
		wantCode(t, start(arnPrefix+"dead", arnPrefix+"none"), "ResourceNotFoundException")
		wantCode(t, start(arnPrefix+"dead", arnPrefix+"dead"), "InvalidParameterValue")

		b.send(dead, "sent here directly")
		b.startMove("dead", "", nil)
		synctest.Wait()
		if task := b.moves("dead")[0]; *task.Status != "FAILED" || *task.FailureReason != "AWS.SimpleQueueService.CouldNotDetermineMessageSource" {
			t.Errorf("task %+v", task)
		}
		b.wantCounts(dead, "1/0/0")
	})
}

func TestMoveHistory(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/sqs.db"
	synctest.Test(t, func(t *testing.T) {
		b := pollBundle(t, path)
		defer b.close()
		b.queue("dead")
		b.queue("orders", "RedrivePolicy", redrive("dead", 1))
		for range 12 {
			b.startMove("dead", "orders", nil)
			synctest.Wait()
		}
		b.close()
		b.open(time.Now)
		if got := len(b.moves("dead")); got != 10 {
			t.Errorf("%d tasks are remembered, want 10", got)
		}
	})
}

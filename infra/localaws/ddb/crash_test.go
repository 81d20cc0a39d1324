package ddb_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/manystall/manystall/infra/localaws"
)

// crashFolder tells the test binary to be the child that gets killed.
const crashFolder = "LOCALAWS_CRASH_FOLDER"

// TestCrashChild is no test by itself: it is the process that writes until it
// is killed. It prints the number of every transaction that was acknowledged.
func TestCrashChild(t *testing.T) {
	folder := os.Getenv(crashFolder)
	if folder == "" {
		t.Skip("runs only as the child of TestAcknowledgedWritesSurviveAKill")
	}
	s, err := localaws.Open(localaws.Config{Path: folder, Sweep: -1})
	if err != nil {
		t.Fatal(err)
	}
	b := &bundle{server: s}
	b.db, b.streams = clients(s)
	_, _ = b.db.CreateTable(context.Background(), tableThings("things")) // there after the first life
	var out sync.Mutex
	for w := range 4 {
		go func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("%d-%d-%d", os.Getpid(), w, i)
				err := b.transact(aws.String(id[max(0, len(id)-36):]),
					txPut("things", item{"p": str(id), "s": str("s"), "gp": str("g"), "gs": num(strconv.Itoa(i))}, "attribute_not_exists(p)"),
					txAdd("things", item{"p": str("count"), "s": str("s")}))
				if err != nil {
					fmt.Println("error", err)
					return
				}
				out.Lock()
				fmt.Println("ok", id)
				out.Unlock()
			}
		}()
	}
	select {}
}

// life runs a child for a while, kills it and returns what was acknowledged.
func life(t *testing.T, folder string, writes int) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Minute)
	defer cancel()
	child := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestCrashChild$")
	child.Env = append(os.Environ(), crashFolder+"="+folder)
	pipe, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var acknowledged []string
	lines := bufio.NewScanner(pipe)
	for lines.Scan() {
		id, ok := strings.CutPrefix(lines.Text(), "ok ")
		if !ok {
			t.Errorf("child: %s", lines.Text())
			continue
		}
		acknowledged = append(acknowledged, id)
		if len(acknowledged) == writes {
			if err := child.Process.Kill(); err != nil { // SIGKILL
				t.Fatal(err)
			}
		}
	}
	_ = child.Wait() // killed
	return acknowledged
}

func TestAcknowledgedWritesSurviveAKill(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("kills processes")
	}
	folder := t.TempDir()
	var acknowledged []string
	for i := range 4 {
		acknowledged = append(acknowledged, life(t, folder, 20+37*i)...)
	}
	s := openServer(t, localaws.Config{Path: folder, Sweep: -1})
	b := &bundle{server: s}
	b.db, b.streams = clients(s)
	for _, id := range acknowledged {
		if it := b.get(t, "things", item{"p": str(id), "s": str("s")}); it == nil {
			t.Errorf("%s was acknowledged and is gone", id)
		}
	}
	count, _ := strconv.Atoi(text(b.get(t, "things", item{"p": str("count"), "s": str("s")})["v"]))
	var rows int
	in := &dynamodb.QueryInput{TableName: aws.String("things"), IndexName: aws.String("all"), KeyConditionExpression: aws.String("gp = :g"), ExpressionAttributeValues: item{":g": str("g")}}
	for {
		out, err := b.db.Query(context.Background(), in)
		if err != nil {
			t.Fatal(err)
		}
		rows += int(out.Count)
		if in.ExclusiveStartKey = out.LastEvaluatedKey; in.ExclusiveStartKey == nil {
			break
		}
	}
	if records := len(b.everything(t, "things")); count != rows || records != 2*rows || rows < len(acknowledged) {
		t.Errorf("%d acknowledged, counter %d, %d rows in the index, %d stream records", len(acknowledged), count, rows, records)
	}
}

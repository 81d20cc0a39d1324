package local_test

import (
	"cmp"
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestElsewhere is the journey with storage that is not ours: every table, item,
// stream and queue lives at another implementation, so what passes does not rest
// on a kindness of the embedded one. SECOND_DYNAMODB and SECOND_SQS name its
// endpoints; one that is not named is moto's, started here if it is in PATH.
//
// The catalog is a part of the sample, since moto copies its whole table for
// every transaction; what a newcomer does with it is all of it the same. SECOND=1
// makes it run.
func TestElsewhere(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("a whole journey takes minutes: left out of short runs")
	}
	if os.Getenv("SECOND") == "" {
		t.Skip("set SECOND=1 for the journey with storage elsewhere")
	}
	tables, queues := os.Getenv("SECOND_DYNAMODB"), os.Getenv("SECOND_SQS")
	if tables == "" || queues == "" {
		other := startMoto(t)
		tables, queues = cmp.Or(tables, other), cmp.Or(queues, other)
	}
	handles := []string{"beeswax-candle", "soap-trio", "enamel-pin", "wool-throw"}
	catalog := part(t, sample, handles)
	t.Logf("DynamoDB at %s, SQS at %s", tables, queues)
	env := []string{"CATALOG=" + catalog, "AWS_ENDPOINT_URL=" + tables}
	if queues != tables {
		env = append(env, "AWS_ENDPOINT_URL_SQS="+queues)
	}
	newShopper(t, env...).journey(t, catalog, len(handles))
}

// part writes the rows of some products of a catalog to a file of its own.
func part(t *testing.T, file string, handles []string) string {
	t.Helper()
	from, err := os.Open(file) //nolint:gosec // named by the test
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = from.Close() }()
	rows, err := csv.NewReader(from).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	kept := slices.DeleteFunc(rows[1:], func(row []string) bool { return !slices.Contains(handles, row[0]) })
	path := filepath.Join(t.TempDir(), "catalog.csv")
	to, err := os.Create(path) //nolint:gosec // in the test's own folder
	if err != nil {
		t.Fatal(err)
	}
	w := csv.NewWriter(to)
	if err := w.WriteAll(append([][]string{rows[0]}, kept...)); err != nil {
		t.Fatal(err)
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

package simkit_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/manystall/manystall/connectors/simkit"
)

const childStore = "SIMKIT_TEST_STORE"

// TestKilledProcessLosesNothing kills a process in the middle of its writes and
// looks for every row it had said was written.
func TestKilledProcessLosesNothing(t *testing.T) {
	t.Parallel()
	if path := os.Getenv(childStore); path != "" {
		writeForever(t, path)
		return
	}
	path := filepath.Join(t.TempDir(), "sim.db")
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilledProcessLosesNothing$")
	child.Env = append(os.Environ(), childStore+"="+path)
	said, err := child.StdoutPipe()
	must(t, err)
	must(t, child.Start())
	last := 0
	for lines := bufio.NewScanner(said); last < 200 && lines.Scan(); {
		last, err = strconv.Atoi(lines.Text())
		must(t, err)
	}
	must(t, child.Process.Kill())
	_ = child.Wait() // it was killed
	s := open(t, path)
	must(t, s.View(func(tx *simkit.Tx) error {
		for n := 1; n <= last; n++ {
			var got int
			if found, err := tx.Find("rows", fmt.Sprint(n), &got); !found || err != nil || got != n {
				t.Errorf("row %d: %v %d %v", n, found, got, err)
			}
		}
		return nil
	}))
	if last < 200 {
		t.Errorf("the child stopped after %d rows", last)
	}
}

func writeForever(t *testing.T, path string) {
	s := open(t, path)
	for n := 1; n < 1_000_000; n++ {
		must(t, s.Update(func(tx *simkit.Tx) error { return tx.Put("rows", fmt.Sprint(n), n) }))
		fmt.Println(n)
	}
}

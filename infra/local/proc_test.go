package local_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func lower(s string) string { return strings.ToLower(s) }

func unmarshal(raw []byte, into any) bool { return json.Unmarshal(raw, into) == nil }

// processOf finds the process that runs an executable.
func processOf(path string) (int, bool) {
	links, err := filepath.Glob("/proc/[0-9]*/exe")
	if err != nil {
		return 0, false
	}
	for _, link := range links {
		if target, err := os.Readlink(link); err == nil && target == path {
			pid, err := strconv.Atoi(strings.Split(link, "/")[2])
			return pid, err == nil
		}
	}
	return 0, false
}

func kill(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Errorf("kill %d: %v", pid, err)
	}
}

// killAfter lets it live for a while.
func (in *shopper) killAfter(d time.Duration) {
	in.T.Helper()
	t := time.NewTimer(d)
	defer t.Stop()
	<-t.C
	in.Kill()
}

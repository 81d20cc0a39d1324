package localaws_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/manystall/manystall/infra/localaws"
	"github.com/manystall/manystall/infra/localaws/bolt"
)

// How many lines the child prints, and how often the power goes, usually and
// with SOAK; and what the child is told.
const (
	powerLines     = 300
	briefPowerCuts = 40
	soakPowerLines = 3000
	soakPowerCuts  = 1000
	sector         = 512 // what a disk writes whole or not at all
	powerNoSync    = "LOCALAWS_POWER_NO_SYNC"
	powerLinesLeft = "LOCALAWS_POWER_LINES"
)

// TestPowerLoss finds out what is left after a power loss, which a kill cannot
// show: the system keeps what a killed process wrote, and forgets what was not
// synced when the power goes. A child writes with eight workers and strace
// notes every write to its files and every sync. Then, for many moments, the
// files are made as they could be after a power loss at that moment: everything
// that was synced, and of what was not, any part, in any order, torn between
// the sectors of a disk. Each must open and hold what was acknowledged by then.
// SOAK=1 makes it 1,000 moments.
func TestPowerLoss(t *testing.T) {
	t.Parallel()
	events := traced(t, false)
	cuts := briefPowerCuts
	if os.Getenv("SOAK") != "" {
		cuts = soakPowerCuts
	}
	lost := powerCuts(t, events, cuts, func(k *killing) { k.check(true) })
	t.Logf("power lost at %d of %d moments, %d writes unsynced in all: %d files refused that had not been made yet, 0 lost, 0 invented", cuts, len(events), lost.unsynced, lost.refused)
}

// TestPowerLossIsSeen shows that the test above can fail: of a child that does
// not sync, acknowledged writes are lost or the file is refused.
func TestPowerLossIsSeen(t *testing.T) {
	t.Parallel()
	events := traced(t, true)
	for _, e := range events {
		if e.synced > len(events)/2 {
			t.Fatal("a child that should not sync did")
		}
	}
	lost := 0
	powerCuts(t, events, 5, func(k *killing) {
		s, err := localaws.Open(localaws.Config{Path: k.folder, Sweep: -1, Log: quiet()})
		if err != nil {
			lost++
			return
		}
		defer func() { _ = s.Close() }()
		if e, err := soakEndpoint(t.Context(), s); err != nil || len(k.scan(e, nil)) < len(k.table)/2 {
			lost++
		}
	})
	if lost == 0 {
		t.Error("without syncs nothing was lost: the power cuts of this test cut nothing")
	}
}

// traced runs a child under strace, which ends by itself after some lines.
func traced(t *testing.T, noSync bool) []event {
	t.Helper()
	if testing.Short() {
		t.Skip("traces a process")
	}
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not here")
	}
	lines := powerLines
	if os.Getenv("SOAK") != "" {
		lines = soakPowerLines
	}
	folder, trace := t.TempDir(), filepath.Join(t.TempDir(), "trace")
	child := exec.CommandContext(t.Context(), strace, "-f", "-qq", "-y", "-xx", "-s", "16777216", "-o", trace, //nolint:gosec // found in PATH
		"-e", "trace=write,pwrite64,fsync,fdatasync,ftruncate", os.Args[0], "-test.run=^TestSoakChild$")
	child.Env = append(os.Environ(), soakFolder+"="+folder, soakLife+"=1", powerLinesLeft+"="+strconv.Itoa(lines))
	if noSync {
		child.Env = append(child.Env, powerNoSync+"=1")
	}
	if err := child.Run(); err != nil {
		if info, statErr := os.Stat(trace); statErr != nil || info.Size() == 0 {
			t.Skipf("strace may not trace here: %v", err)
		}
		t.Fatal(err)
	}
	f, err := os.Open(trace) //nolint:gosec // made above
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	events, err := readTrace(f, folder)
	if err != nil {
		t.Fatal(err)
	}
	return events
}

// powerLost is what power cuts have met.
type powerLost struct{ refused, unsynced int }

// powerCuts makes the files of some moments of a trace and lets look judge each.
func powerCuts(t *testing.T, events []event, cuts int, look func(*killing)) (lost powerLost) {
	t.Helper()
	random := rand.New(rand.NewPCG(3, 4))
	at := map[int]bool{len(events): true}
	for len(at) < min(cuts, len(events)) {
		at[1+random.IntN(len(events))] = true
	}
	files := map[string]*platter{}
	for i, e := range events {
		if e.file != "" {
			if files[e.file] == nil {
				files[e.file] = &platter{}
			}
			files[e.file].take(i, e)
		}
		if !at[i+1] {
			continue
		}
		k := &killing{t: t, folder: t.TempDir(), table: map[string]string{}, pending: map[string][]string{},
			sent: map[string]bool{}, maybeSent: map[string]bool{}, taken: map[string]bool{}, maybeTaken: map[string]bool{}}
		for _, before := range events[:i+1] {
			if before.line != "" {
				k.line(before.line)
			}
		}
		for name, f := range files {
			lost.unsynced += len(f.pending)
			if err := os.WriteFile(filepath.Join(k.folder, name), f.after(random), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if k.acknowledged == 0 && refused(t, k.folder) {
			lost.refused++ // it had not been made yet
			continue
		}
		look(k)
		if t.Failed() {
			t.Fatalf("after power was lost at event %d of %d", i+1, len(events))
		}
	}
	return lost
}

// refused says whether a folder is not opened because of a file that it names.
func refused(t *testing.T, folder string) bool {
	t.Helper()
	s, err := localaws.Open(localaws.Config{Path: folder, Sweep: -1, Log: quiet()})
	if err != nil {
		if !errors.Is(err, bolt.ErrDamaged) || !strings.Contains(err.Error(), folder) {
			t.Errorf("refused with %v", err)
		}
		return true
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	return false
}

// platter is a file on a disk with a cache.
type platter struct {
	safe []byte
	// pending are the writes that are in the cache only, with their places in
	// the trace.
	pending []pendingWrite
}

type pendingWrite struct {
	event
	at int
}

// take lets an event happen.
func (p *platter) take(at int, e event) {
	if e.data != nil || e.cut {
		p.pending = append(p.pending, pendingWrite{e, at})
		return
	}
	for len(p.pending) > 0 && p.pending[0].at < e.synced {
		p.safe = apply(p.safe, p.pending[0].event)
		p.pending = p.pending[1:]
	}
}

// after is the file after a power loss: of what was in the cache a part has
// reached the disk, in any order.
func (p *platter) after(random *rand.Rand) []byte {
	out := append([]byte{}, p.safe...)
	share := random.IntN(5) // of four: none, some, most, nearly all, all
	for _, w := range p.pending {
		if w.cut {
			if random.IntN(4) < share {
				out = apply(out, w.event)
			}
			continue
		}
		for from := 0; from < len(w.data); from += sector {
			if random.IntN(4) < share {
				out = apply(out, event{data: w.data[from:min(from+sector, len(w.data))], offset: w.offset + int64(from)})
			}
		}
	}
	return out
}

// apply writes to a file, or changes its length.
func apply(file []byte, e event) []byte {
	end := int(e.offset) + len(e.data)
	if e.cut && end < len(file) {
		return file[:end]
	}
	if end > len(file) {
		file = append(file, make([]byte, end-len(file))...)
	}
	copy(file[e.offset:], e.data)
	return file
}

package localaws_test

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
)

// event is one thing a traced process did, in the order in which it began.
type event struct {
	// line is what it printed.
	line string
	// file is which file it wrote to, cut or synced; empty for a line.
	file string
	// data went to offset; nil for anything but a write.
	data   []byte
	offset int64
	// cut is true for a change of the file's length to offset.
	cut bool
	// synced counts the events of the trace, from its start, whose writes to
	// file are safe by now; 0 for anything but the end of a sync.
	synced int
}

// tracing reads what strace -f -y -xx wrote.
type tracing struct {
	folder string
	events []event
	// syncing is how long the trace was when the sync of a thread began.
	syncing map[string]event
}

// readTrace reads the events of the files in a folder and of standard output.
func readTrace(r io.Reader, folder string) ([]event, error) {
	t := &tracing{folder: folder, syncing: map[string]event{}}
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadString('\n')
		if line != "" {
			if err := t.read(strings.TrimSpace(line)); err != nil {
				return nil, fmt.Errorf("%w in %.200s", err, line)
			}
		}
		if err == io.EOF {
			return t.events, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

func (t *tracing) read(line string) error {
	thread, call, _ := strings.Cut(line, " ")
	call = strings.TrimSpace(call)
	if strings.HasPrefix(call, "<... f") && strings.HasSuffix(call, "= 0") { // the end of a sync, or of a cut
		if sync, ok := t.syncing[thread]; ok {
			t.events = append(t.events, sync)
			delete(t.syncing, thread)
		}
		return nil
	}
	name, rest, ok := strings.Cut(call, "(")
	if !ok {
		return nil
	}
	descriptor, rest, _ := strings.Cut(rest, ">") // 5<\x2f...>
	number, hexed, _ := strings.Cut(descriptor, "<")
	path, err := unhex(hexed)
	if err != nil {
		return nil // not a call on a descriptor
	}
	file := ""
	if filepath.Dir(string(path)) == t.folder {
		file = filepath.Base(string(path))
	}
	switch {
	case name == "write" && number == "1":
		return t.print(rest)
	case file == "":
		return nil
	case name == "pwrite64":
		return t.write(file, rest)
	case name == "ftruncate":
		length, err := number64(rest)
		t.events = append(t.events, event{file: file, cut: true, offset: length})
		return err
	case name == "fsync" || name == "fdatasync":
		sync := event{file: file, synced: len(t.events)}
		if strings.Contains(rest, "unfinished") {
			t.syncing[thread] = sync
		} else if strings.HasSuffix(rest, "= 0") {
			t.events = append(t.events, sync)
		}
	}
	return nil
}

// print reads what went to standard output, one line a call.
func (t *tracing) print(rest string) error {
	_, rest, _ = strings.Cut(rest, `"`)
	text, _, _ := strings.Cut(rest, `"`)
	raw, err := unhex(text)
	t.events = append(t.events, event{line: strings.TrimSpace(string(raw))})
	return err
}

// write reads `, "\x00...", 4096, 8192) = 4096`.
func (t *tracing) write(file, rest string) error {
	_, rest, _ = strings.Cut(rest, `"`)
	text, rest, ok := strings.Cut(rest, `", `)
	if !ok {
		return fmt.Errorf("a write that was cut short")
	}
	data, err := unhex(text)
	if err != nil {
		return err
	}
	_, rest, _ = strings.Cut(rest, ", ")
	offset, err := number64(rest)
	t.events = append(t.events, event{file: file, data: data, offset: offset})
	return err
}

// number64 is the number at the beginning of a text, behind a comma.
func number64(text string) (int64, error) {
	text = strings.TrimLeft(text, ", ")
	end := strings.IndexFunc(text, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(text)
	}
	return strconv.ParseInt(text[:end], 10, 64)
}

func unhex(text string) ([]byte, error) {
	return hex.DecodeString(strings.ReplaceAll(text, `\x`, ""))
}

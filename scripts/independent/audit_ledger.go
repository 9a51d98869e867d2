// Audits a ledger from the files that it serves, with code that is not ours: golang.org/x/mod/sumdb/note and tlog. This is the program
// in the section "Verify with other programs" of docs/reference/integrity-formats.md.
//
//	go mod init audit && go get golang.org/x/mod     # or, on Debian without a network, as in verify_vectors.go
//	TOKEN=… go run audit_ledger.go -log https://app.example.com/audit -key 'name+id+key' -kept kept.note -personal personal.jsonl
package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

var (
	logURL   = flag.String("log", "", "where the log is served, with /audit at the end")
	key      = flag.String("key", "", "the verifier key: name+id+key")
	kept     = flag.String("kept", "", "a file with a checkpoint that you kept")
	personal = flag.String("personal", "", `a file with personal parts, a line each: {"id":…,"salt":…,"personal":{…}}`)
)

func fail(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "WRONG: "+format+"\n", args...)
	os.Exit(1)
}

func try[T any](value T, err error) T {
	if err != nil {
		fail("%v", err)
	}
	return value
}

func main() {
	flag.Parse()
	verifiers := note.VerifierList(try(note.NewVerifier(*key)))
	head := openCheckpoint(get("/checkpoint"), verifiers)
	hashes := tlog.TileHashReader(head, tiles{})
	fmt.Printf("checkpoint: size %d, signed\n", head.N)
	if *kept != "" {
		older := openCheckpoint(try(os.ReadFile(*kept)), verifiers)
		continues(head, older, hashes)
		fmt.Printf("consistency: the kept checkpoint of size %d is a part of it\n", older.N)
	}
	entries, missing := readEntries(head, hashes)
	fmt.Printf("entries: %d, each in its place\n", len(entries))
	for _, end := range []struct {
		name  string
		index int64
	}{{"first", 0}, {"last", head.N - 1}} {
		if entry, isRead := entries[end.index]; isRead {
			prove(head, hashes, end.index, tlog.RecordHash(entry))
			fmt.Printf("inclusion: the %s entry, by its proof\n", end.name)
		}
	}
	fmt.Printf("acts: %d, each signed, of this log and of what its event says\n", checkActs(entries, head, hashes, verifiers))
	if *personal != "" {
		fmt.Printf("personal parts: %d, each the one that was committed to\n", checkPersonal(entries, missing))
	}
	for _, first := range missing {
		if !isRetired(entries, first, verifiers) {
			fmt.Fprintf(os.Stderr, "NOT READ: the bundle of index %d is not served, and no act of retirement that was read reaches into it\n", first)
			defer os.Exit(2)
			continue
		}
		fmt.Printf("not read: the bundle of index %d has retired events, as a signed act says; their archives prove them\n", first)
	}
}

// get downloads a file of the log.
func get(path string) []byte {
	content, status := tryToGet(path)
	if status != http.StatusOK {
		fail("%s: %s", path, http.StatusText(status))
	}
	return content
}

// tryToGet downloads a file of the log. The caller decides what the status of the answer means.
func tryToGet(path string) ([]byte, int) {
	request := try(http.NewRequest("GET", *logURL+path, nil))
	if token := os.Getenv("TOKEN"); token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response := try(http.DefaultClient.Do(request))
	defer response.Body.Close()
	return try(io.ReadAll(response.Body)), response.StatusCode
}

// openCheckpoint verifies the signature, and reads the signed text, whose lines are the origin, the size and the root.
func openCheckpoint(signed []byte, verifiers note.Verifiers) tlog.Tree {
	lines := strings.Split(try(note.Open(signed, verifiers)).Text, "\n")
	if len(lines) < 4 || lines[0] != originOf(*key) {
		fail("no checkpoint of %s: %q", originOf(*key), lines)
	}
	return treeOf(lines[1], lines[2])
}

func treeOf(size, root string) tlog.Tree {
	return tlog.Tree{N: try(strconv.ParseInt(size, 10, 64)), Hash: try(tlog.ParseHash(root))}
}

// originOf returns the name in a verifier key, which is the origin of a log.
func originOf(verifierKey string) string {
	origin, _, _ := strings.Cut(verifierKey, "+")
	return origin
}

// tiles reads the tiles that tlog requests. A path of tlog begins with the tile's height; a path of tlog-tiles does not.
type tiles struct{}

func (tiles) Height() int { return 8 }

func (tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	data := [][]byte{}
	for _, tile := range wanted {
		data = append(data, get(strings.Replace(tile.Path(), "tile/8/", "/tile/", 1)))
	}
	return data, nil
}

func (tiles) SaveTiles([]tlog.Tile, [][]byte) {}

// continues checks that the newer tree contains the whole older tree, so that the log only grew.
func continues(newer, older tlog.Tree, hashes tlog.HashReader) {
	proof := try(tlog.ProveTree(newer.N, older.N, hashes))
	if err := tlog.CheckTree(proof, newer.N, newer.Hash, older.N, older.Hash); err != nil {
		fail("the tree of size %d does not continue that of size %d: %v", newer.N, older.N, err)
	}
}

// prove checks that an entry is at its index.
func prove(head tlog.Tree, hashes tlog.HashReader, index int64, leaf tlog.Hash) {
	proof := try(tlog.ProveRecord(head.N, index, hashes))
	if err := tlog.CheckRecord(proof, head.N, head.Hash, index, leaf); err != nil {
		fail("the entry at index %d: %v", index, err)
	}
}

// readEntries downloads the bundles, and compares each entry with its leaf. The server refuses a bundle that contains a retired event.
// For such bundles, the function returns the first index of each.
func readEntries(head tlog.Tree, hashes tlog.HashReader) (entries map[int64][]byte, missing []int64) {
	entries = map[int64][]byte{}
	for first := int64(0); first < head.N; first += 256 {
		width := 256
		if head.N-first < 256 {
			width = int(head.N - first)
		}
		// tlog calls the data level -1: its path tile/8/data/000 is our path tile/entries/000.
		path := tlog.Tile{H: 8, L: -1, N: first / 256, W: width}.Path()
		path = strings.Replace(path, "tile/8/data/", "/tile/entries/", 1)
		bundle, status := tryToGet(path)
		if status == http.StatusNotFound {
			missing = append(missing, first)
			continue
		} else if status != http.StatusOK {
			fail("%s: %s", path, http.StatusText(status))
		}
		indexes := []int64{}
		for nth := 0; nth < width; nth++ {
			if len(bundle) < 2 || len(bundle) < 2+int(binary.BigEndian.Uint16(bundle)) {
				fail("the bundle of index %d ends early", first)
			}
			size := 2 + int(binary.BigEndian.Uint16(bundle))
			entries[first+int64(nth)] = bundle[2:size]
			indexes = append(indexes, tlog.StoredHashIndex(0, first+int64(nth)))
			bundle = bundle[size:]
		}
		for nth, leaf := range try(hashes.ReadHashes(indexes)) {
			if tlog.RecordHash(entries[first+int64(nth)]) != leaf {
				fail("the entry at index %d is not that of its leaf", first+int64(nth))
			}
		}
	}
	return entries, missing
}

// isRetired searches for a signed act that retired events in this bundle.
func isRetired(entries map[int64][]byte, first int64, verifiers note.Verifiers) bool {
	for _, entry := range entries {
		var signed string
		if parsed := parse(entry); parsed.Type != "audit_events_retired" || json.Unmarshal(parsed.Details["act"], &signed) != nil {
			continue
		}
		opened, err := note.Open([]byte(signed), verifiers)
		if err != nil {
			continue
		}
		var stated struct{ FirstIndex, LastIndex int64 }
		lines := strings.Split(opened.Text, "\n")
		if len(lines) == 8 && json.Unmarshal([]byte(lines[6]), &stated) == nil && stated.FirstIndex < first+256 && stated.LastIndex >= first {
			return true
		}
	}
	return false
}

type event struct {
	ID       string                     `json:"id"`
	Type     string                     `json:"type"`
	Personal string                     `json:"personal"`
	Details  map[string]json.RawMessage `json:"details"`
}

func parse(entry []byte) (parsed event) {
	if err := json.Unmarshal(entry, &parsed); err != nil {
		fail("no event: %s", entry)
	}
	return parsed
}

// checkActs verifies the signed acts, which state what was done to the ledger itself. An act is a note in the details of its event.
func checkActs(entries map[int64][]byte, head tlog.Tree, hashes tlog.HashReader, verifiers note.Verifiers) (acts int) {
	last, before, others := int64(0), base64.StdEncoding.EncodeToString(make([]byte, sha256.Size)), 0
	for index := int64(0); index < head.N; index++ {
		entry, isRead := entries[index]
		if !isRead {
			others++ // such an event may have contained an act
			continue
		}
		parsed := parse(entry)
		var signed string
		if json.Unmarshal(parsed.Details["act"], &signed) != nil || signed == "" {
			continue
		}
		opened, err := note.Open([]byte(signed), verifiers)
		if err != nil {
			fmt.Printf("index %d: %s carries no act of the log (%v)\n", index, parsed.Type, err)
			others++
			continue // no known key signed this note: anybody who may record events can write one, or an earlier key signed it
		}
		lines := strings.Split(opened.Text, "\n")
		if len(lines) != 8 || lines[0] != "nestjs-audit-ledger/act@v1" || lines[1] != originOf(*key) {
			fail("index %d: no act of this log: %q", index, lines)
		}
		if at := treeOf(lines[2], lines[3]); at.N > index {
			fail("index %d: its act is of a later tree", index)
		} else if at.N > 0 {
			continues(head, at, hashes)
		}
		// Each act has a number, and the hash of the act before it.
		number := try(strconv.ParseInt(lines[4], 10, 64))
		if number == last+1 && lines[5] != before || number <= last || number > last+1 && others == 0 {
			fail("index %d: its act has the number %d and does not follow on the act %d", index, number, last)
		}
		sum := sha256.Sum256([]byte(signed))
		last, before = number, base64.StdEncoding.EncodeToString(sum[:])
		var statement map[string]json.RawMessage
		if json.Unmarshal([]byte(lines[6]), &statement) != nil {
			fail("index %d: its act states nothing", index)
		}
		for name, value := range parsed.Details {
			if stated, isStated := statement[name]; name != "act" && isStated && !bytes.Equal(stated, value) {
				fail("index %d: its event says otherwise than its act: %s", index, name)
			}
		}
		acts++
	}
	return acts
}

// checkPersonal compares personal parts with the commitments in the entries of their events.
func checkPersonal(entries map[int64][]byte, missing []int64) (parts int) {
	commitments := map[string]string{}
	for _, entry := range entries {
		parsed := parse(entry)
		commitments[parsed.ID] = parsed.Personal
	}
	lines := bufio.NewScanner(bytes.NewReader(try(os.ReadFile(*personal))))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var part struct {
			ID       string
			Salt     []byte // decoded from base64
			Personal map[string]any
		}
		decoder := json.NewDecoder(bytes.NewReader(lines.Bytes()))
		decoder.UseNumber()
		if err := decoder.Decode(&part); err != nil {
			fail("no personal part: %v", err)
		}
		if _, isRead := commitments[part.ID]; !isRead && len(missing) > 0 {
			continue // the event's entry is in a bundle that the server refuses
		}
		sum := sha256.Sum256(append(part.Salt, canonical(part.Personal)...))
		if commitment := base64.StdEncoding.EncodeToString(sum[:]); commitment != commitments[part.ID] {
			fail("the personal part of %s is not the one that was committed to", part.ID)
		}
		parts++
	}
	return parts
}

// canonical writes JSON by RFC 8785, as far as texts need it: sorted names, no spaces, and only the necessary escapes.
func canonical(value any) []byte {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		fail("%v", err)
	}
	text := bytes.TrimSuffix(out.Bytes(), []byte("\n"))
	text = bytes.ReplaceAll(text, []byte(`\u2028`), []byte("\u2028")) // Go escapes U+2028 and U+2029, but RFC 8785 does not
	return bytes.ReplaceAll(text, []byte(`\u2029`), []byte("\u2029"))
}

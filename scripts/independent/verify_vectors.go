// Checks test/vectors with code that is not ours: golang.org/x/mod/sumdb/note and tlog, which Go's checksum database uses.
//
// On Debian, without a network:
//
//	apt-get install --no-install-recommends golang-go golang-golang-x-mod-dev
//	GO111MODULE=off GOPATH=/usr/share/gocode go run scripts/independent/verify_vectors.go test/vectors
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type keyPair struct{ SigningKey, VerifierKey string }

var checks int

func check(ok bool, format string, args ...any) {
	if !ok {
		fmt.Fprintf(os.Stderr, "WRONG: "+format+"\n", args...)
		os.Exit(1)
	}
	checks++
}

func try[T any](value T, err error) T {
	check(err == nil, "%v", err)
	return value
}

func read(folder, name string, into any) {
	check(json.Unmarshal(try(os.ReadFile(filepath.Join(folder, name))), into) == nil, "%s is no JSON", name)
}

func hashOf(text string) (hash tlog.Hash) {
	check(copy(hash[:], try(hex.DecodeString(text))) == tlog.HashSize, "no hash: %s", text)
	return hash
}

func hashesOf(texts []string) []tlog.Hash {
	hashes := []tlog.Hash{}
	for _, text := range texts {
		hashes = append(hashes, hashOf(text))
	}
	return hashes
}

// storage contains the hashes of a tree, which tlog itself computes from the entries.
type storage []tlog.Hash

func (s storage) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		hashes[i] = s[index]
	}
	return hashes, nil
}

const size = 300

func main() {
	folder := os.Args[1]
	var stored storage
	leaves := []tlog.Hash{}
	for i := int64(0); i < size; i++ {
		entry := []byte(fmt.Sprintf("entry %d", i))
		leaves = append(leaves, tlog.RecordHash(entry))
		stored = append(stored, try(tlog.StoredHashes(i, entry, stored))...)
	}
	checkTree(folder, stored, leaves)
	checkNotes(folder, try(tlog.TreeHash(size, stored)))
	checkSealedEvents(folder)
	fmt.Printf("golang.org/x/mod/sumdb agrees: %d checks\n", checks)
}

func checkTree(folder string, stored storage, leaves []tlog.Hash) {
	var tree struct {
		Roots []struct {
			Size int64
			Root string
		}
		Inclusion []struct {
			Index, Size int64
			Hashes      []string
		}
		Consistency []struct {
			OldSize, NewSize int64
			Hashes           []string
		}
		Tiles map[string]string
	}
	read(folder, "tree.json", &tree)
	check(len(tree.Roots) > 0 && len(tree.Inclusion) > 0 && len(tree.Consistency) > 0 && len(tree.Tiles) > 0, "vectors are missing")
	for _, head := range tree.Roots {
		if head.Size > 0 { // tlog computes no root for an empty tree
			check(try(tlog.TreeHash(head.Size, stored)) == hashOf(head.Root), "root of size %d", head.Size)
		}
	}
	for _, proof := range tree.Inclusion {
		root := try(tlog.TreeHash(proof.Size, stored))
		err := tlog.CheckRecord(hashesOf(proof.Hashes), proof.Size, root, proof.Index, leaves[proof.Index])
		check(err == nil, "inclusion of %d in %d: %v", proof.Index, proof.Size, err)
	}
	for _, proof := range tree.Consistency {
		if proof.OldSize == 0 { // tlog proves no consistency with an empty tree
			continue
		}
		older, newer := try(tlog.TreeHash(proof.OldSize, stored)), try(tlog.TreeHash(proof.NewSize, stored))
		err := tlog.CheckTree(hashesOf(proof.Hashes), proof.NewSize, newer, proof.OldSize, older)
		check(err == nil, "consistency of %d and %d: %v", proof.OldSize, proof.NewSize, err)
	}
	for path, content := range tree.Tiles {
		if strings.HasPrefix(path, "tile/entries/") {
			continue
		}
		// A path of tlog begins with the tile's height: tile/8/0/000.
		tile := try(tlog.ParseTilePath("tile/8/" + strings.TrimPrefix(path, "tile/")))
		expected := try(tlog.ReadTileData(tile, stored))
		check(bytes.Equal(expected, try(hex.DecodeString(content))), "tile %s", path)
	}
}

func checkNotes(folder string, root tlog.Hash) {
	var notes struct {
		Log, Witness                              keyPair
		Note, Checkpoint, CosignedCheckpoint, Act string
		Proof                                     struct{ Entry, Text string }
	}
	read(folder, "notes.json", &notes)
	known := note.VerifierList(try(note.NewVerifier(notes.Log.VerifierKey)))
	signer := try(note.NewSigner(notes.Log.SigningKey))
	for _, text := range []string{notes.Note, notes.Checkpoint, notes.CosignedCheckpoint, notes.Act} {
		opened := try(note.Open([]byte(text), known))
		check(len(opened.Sigs) == 1, "%d signatures by the log", len(opened.Sigs))
		again := try(note.Sign(&note.Note{Text: opened.Text}, signer)) // an Ed25519 signature of the same text by the same key is always the same
		check(strings.HasPrefix(text, string(again)), "another signature: %s", again)
	}
	checkpointText := try(note.Open([]byte(notes.Checkpoint), known)).Text
	expected := fmt.Sprintf("log.example/ledger\n%d\n%s\n", size, root)
	check(checkpointText == expected, "checkpoint: %q", checkpointText)

	head, checkpoint, _ := strings.Cut(notes.Proof.Text, "\n\n")
	check(checkpoint == notes.CosignedCheckpoint, "the checkpoint of the proof")
	lines := strings.Split(head, "\n")
	check(lines[0] == "c2sp.org/tlog-proof@v1" && lines[1] == "index 42", "the head of the proof")
	proof := tlog.RecordProof{}
	for _, line := range lines[2:] {
		proof = append(proof, hashOf(hex.EncodeToString(try(base64.StdEncoding.DecodeString(line)))))
	}
	check(tlog.CheckRecord(proof, size, root, 42, tlog.RecordHash([]byte(notes.Proof.Entry))) == nil, "the proof")
}

func checkSealedEvents(folder string) {
	var events []struct{ Entry, LeafHash string }
	read(folder, "sealed-events.json", &events)
	for i, event := range events {
		check(tlog.RecordHash([]byte(event.Entry)) == hashOf(event.LeafHash), "leaf of sealed event %d", i)
	}
}

// What Go's own transparency log code (golang.org/x/mod/sumdb, which the Go command verifies every module with) says of a log
// of Salus. It shares no line with packages/audit. tests/conformance/README.md says how to run it, and what it has said.
//
//	main.go verify <directory> <verifier key>   every tile, entry, inclusion and consistency of a published log
//	main.go vectors                             what packages/audit/src/log/sumdb.vectors.test.ts holds itself against
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	log.SetFlags(0)
	switch {
	case len(os.Args) == 4 && os.Args[1] == "verify":
		verify(os.Args[2], os.Args[3])
	case len(os.Args) == 2 && os.Args[1] == "vectors":
		vectors()
	default:
		log.Fatal("verify <directory> <verifier key>, or vectors")
	}
}

// files reads tiles by the paths of c2sp.org/tlog-tiles, which differ from sumdb's in that they leave out the height.
type files struct{ directory string }

func (files) Height() int                          { return 8 }
func (files) SaveTiles(_ []tlog.Tile, _ [][]byte) {}
func (f files) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var data [][]byte
	for _, tile := range tiles {
		bytes, err := f.read(path(tile))
		if err != nil {
			return nil, err
		}
		data = append(data, bytes)
	}
	return data, nil
}

func (f files) read(path string) ([]byte, error) { return os.ReadFile(filepath.Join(f.directory, path)) }

func path(tile tlog.Tile) string {
	level := fmt.Sprint(tile.L)
	if tile.L == -1 {
		level = "entries"
	}
	return "tile/" + level + "/" + strings.SplitN(tile.Path(), "/", 4)[3]
}

func verify(directory, verifierKey string) {
	verifier, err := note.NewVerifier(verifierKey)
	check(err)
	f := files{directory}
	checkpoint, err := f.read("checkpoint")
	check(err)
	opened, err := note.Open(checkpoint, note.VerifierList(verifier))
	check(err)
	tree, err := parse(opened.Text)
	check(err)

	reader := tlog.TileHashReader(tree, f)
	leaves := int64(0)
	for first := int64(0); first < tree.N; first += 256 {
		width := 256
		if tree.N-first < 256 {
			width = int(tree.N - first)
		}
		bundle, err := f.read(path(tlog.Tile{H: 8, L: -1, N: first / 256, W: width}))
		check(err)
		for i := 0; i < width; i++ {
			length := int(binary.BigEndian.Uint16(bundle))
			entry := bundle[2 : 2+length]
			bundle = bundle[2+length:]
			index := first + int64(i)
			proof, err := tlog.ProveRecord(tree.N, index, reader)
			check(err)
			check(tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry)))
			leaves++
		}
		if len(bundle) != 0 {
			log.Fatalf("bundle %d is too long", first/256)
		}
	}
	steps := 0
	for size := int64(1); size <= tree.N; size += 1 + tree.N/97 {
		proof, err := tlog.ProveTree(tree.N, size, reader)
		check(err)
		root, err := tlog.TreeHash(size, reader)
		check(err)
		check(tlog.CheckTree(proof, tree.N, tree.Hash, size, root))
		steps++
	}
	fmt.Printf("%s: signature by %s, %d entries included, %d earlier trees consistent, root %s\n",
		strings.SplitN(opened.Text, "\n", 2)[0], opened.Sigs[0].Name, leaves, steps, tree.Hash)
}

// parse reads the three lines of c2sp.org/tlog-checkpoint; sumdb's own ParseTree knows one origin alone.
func parse(text string) (tlog.Tree, error) {
	lines := strings.SplitN(text, "\n", 4)
	return tlog.ParseTree([]byte("go.sum database tree\n" + lines[1] + "\n" + lines[2] + "\n"))
}

type proof struct {
	First  int64    `json:"first"`
	Size   int64    `json:"size"`
	Hashes []string `json:"hashes"`
}

// vectors prints the tree of 700 leaves `leaf 0`, `leaf 1`, … and a signed checkpoint of it, as Go makes them.
func vectors() {
	const size = 700
	var hashes stored
	for n := int64(0); n < size; n++ {
		added, err := tlog.StoredHashes(n, []byte(fmt.Sprintf("leaf %d", n)), hashes)
		check(err)
		hashes = append(hashes, added...)
	}
	roots := map[string]string{}
	for _, n := range []int64{1, 2, 3, 255, 256, 257, 511, 512, 513, 699, 700} {
		root, err := tlog.TreeHash(n, hashes)
		check(err)
		roots[fmt.Sprint(n)] = root.String()
	}
	var records, trees []proof
	for _, of := range [][2]int64{{0, 1}, {0, 700}, {255, 257}, {256, 257}, {511, 700}, {699, 700}} {
		path, err := tlog.ProveRecord(of[1], of[0], hashes)
		check(err)
		records = append(records, proof{of[0], of[1], texts(path)})
	}
	for _, of := range [][2]int64{{1, 700}, {255, 256}, {256, 700}, {257, 512}, {512, 700}, {699, 700}, {700, 700}} {
		path, err := tlog.ProveTree(of[1], of[0], hashes)
		check(err)
		trees = append(trees, proof{of[0], of[1], texts(path)})
	}
	name := "salus.example/log/018f0000-0000-7000-8000-000000000001/2026"
	seed := bytes.Repeat([]byte{7}, 32)
	skey, vkey := keys(name, seed)
	signer, err := note.NewSigner(skey)
	check(err)
	signed, err := note.Sign(&note.Note{Text: fmt.Sprintf("%s\n%d\n%s\n", name, size, roots["700"])}, signer)
	check(err)
	out, err := json.MarshalIndent(map[string]any{
		"roots": roots, "records": records, "trees": trees, "verifierKey": vkey, "checkpoint": string(signed),
	}, "", "  ")
	check(err)
	fmt.Println(string(out))
}

type stored []tlog.Hash

func (s stored) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var found []tlog.Hash
	for _, index := range indexes {
		found = append(found, s[index])
	}
	return found, nil
}

func texts(hashes []tlog.Hash) []string {
	list := []string{}
	for _, hash := range hashes {
		list = append(list, hash.String())
	}
	return list
}

// keys makes the pair of keys of a seed: note.GenerateKey takes its randomness from a reader.
func keys(name string, seed []byte) (skey, vkey string) {
	skey, vkey, err := note.GenerateKey(bytes.NewReader(seed), name)
	check(err)
	if !strings.HasSuffix(skey, base64.StdEncoding.EncodeToString(append([]byte{1}, seed...))) {
		log.Fatal("the key is not that of the seed")
	}
	return skey, vkey
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

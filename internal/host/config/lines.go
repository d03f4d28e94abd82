package config

import (
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// linesOf returns the line, from 1, of each key of a TOML document, as "preview.interval" and "server[0].map[1].local".
// Keys are in lower case, because go-toml does not mind case. What comes after a mistake in the document is missing.
func linesOf(data []byte) map[string]int {
	w := walk{lines: map[string]int{}, counts: map[string]int{}}
	w.parser.Reset(data)
	table := ""
	for w.parser.NextExpression() {
		switch e := w.parser.Expression(); e.Kind {
		case unstable.Table:
			table, _ = w.key("", e)
		case unstable.ArrayTable:
			newest, line := w.key("", e)
			array := base(newest)
			table = fmt.Sprintf("%s[%d]", array, w.counts[array])
			w.counts[array]++
			w.lines[table] = line
		case unstable.KeyValue:
			w.value(table, e)
		}
	}
	for key, line := range w.lines {
		if as := asElement(key); as != key {
			delete(w.lines, key)
			w.lines[as] = line
		}
	}
	return w.lines
}

// asElement returns the name of a key whose part was begun with [server] for [[server]]: go-toml takes that for the only
// one, and so does whoever wrote it.
func asElement(key string) string {
	for _, array := range []string{"device", "server"} {
		if rest, ok := strings.CutPrefix(key, array+"."); ok {
			key = array + "[0]." + rest
		}
	}
	return strings.Replace(key, "].map.", "].map[0].", 1)
}

// walk goes through a document.
type walk struct {
	parser unstable.Parser
	lines  map[string]int
	counts map[string]int // of the elements of each array of tables so far
}

// key returns the full name of a key in a table, and its line. Elements of arrays on the way are the newest ones, as TOML
// has it.
func (w *walk) key(table string, n *unstable.Node) (name string, line int) {
	name = table
	for parts := n.Key(); parts.Next(); {
		part := parts.Node()
		if name != "" {
			name += "."
		}
		name += strings.ToLower(string(part.Data))
		if count := w.counts[name]; count > 0 {
			name = fmt.Sprintf("%s[%d]", name, count-1)
		}
		line = w.parser.Shape(part.Raw).Start.Line
	}
	return name, line
}

// value notes a key and, where its value is a table or a list of tables, the keys in there.
func (w *walk) value(table string, n *unstable.Node) {
	name, line := w.key(table, n)
	w.lines[name] = line
	switch v := n.Value(); v.Kind {
	case unstable.InlineTable:
		w.inline(name, v)
	case unstable.Array:
		i := 0
		for items := v.Children(); items.Next(); i++ {
			if item := items.Node(); item.Kind == unstable.InlineTable {
				element := fmt.Sprintf("%s[%d]", name, i)
				w.lines[element] = line
				w.inline(element, item)
			}
		}
	}
}

func (w *walk) inline(name string, n *unstable.Node) {
	for pairs := n.Children(); pairs.Next(); {
		if pair := pairs.Node(); pair.Kind == unstable.KeyValue {
			w.value(name, pair)
		}
	}
}

// base returns the name of an array for that of one of its elements, and other names as they are.
func base(element string) string {
	if i := strings.LastIndexByte(element, '['); i >= 0 && strings.HasSuffix(element, "]") {
		return element[:i]
	}
	return element
}

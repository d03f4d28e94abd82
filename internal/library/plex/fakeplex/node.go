package fakeplex

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// node is an element of an answer. XML has it as it is; JSON turns elements of one name into an array under that name.
type node struct {
	name   string // in JSON: "Metadata"
	tag    string // in XML, where it has another name: "Video"
	attrs  []attr
	nodes  []*node
	single bool // JSON has it as an object, not in an array: User, Player
}

type attr struct {
	name  string
	value any // string, int, int64, float64, bool
}

func element(name string, attrs ...attr) *node { return &node{name: name, attrs: attrs} }

func container(attrs ...attr) *node { return element("MediaContainer", attrs...) }

func (n *node) set(name string, value any) *node {
	n.attrs = append(n.attrs, attr{name, value})
	return n
}

// maybe sets what Plex leaves out where it is empty.
func (n *node) maybe(name string, value any) *node {
	switch value {
	case "", 0, int64(0), false:
		return n
	}
	return n.set(name, value)
}

func (n *node) add(nodes ...*node) *node {
	n.nodes = append(n.nodes, nodes...)
	return n
}

// object writes the node as a JSON object.
func (n *node) object(b []byte) []byte {
	b = append(b, '{')
	for i, a := range n.attrs {
		if i > 0 {
			b = append(b, ',')
		}
		b = jsonString(b, a.name)
		b = append(b, ':')
		b = jsonValue(b, a.value)
	}
	for i, c := range n.nodes {
		if i > 0 && n.nodes[i-1].name == c.name { // written with the first of its name; names come in runs
			continue
		}
		if len(n.attrs) > 0 || i > 0 {
			b = append(b, ',')
		}
		b = jsonString(b, c.name)
		b = append(b, ':')
		if c.single {
			b = c.object(b)
			continue
		}
		b = append(b, '[')
		for j, s := range n.nodes[i:] {
			if s.name != c.name {
				break
			}
			if j > 0 {
				b = append(b, ',')
			}
			b = s.object(b)
		}
		b = append(b, ']')
	}
	return append(b, '}')
}

func jsonValue(b []byte, v any) []byte {
	switch v := v.(type) {
	case string:
		return jsonString(b, v)
	case int:
		return strconv.AppendInt(b, int64(v), 10)
	case int64:
		return strconv.AppendInt(b, v, 10)
	case bool:
		return strconv.AppendBool(b, v)
	}
	text, err := json.Marshal(v)
	if err != nil {
		return append(b, "null"...)
	}
	return append(b, text...)
}

// jsonString is json.Marshal for text, which most often needs no escapes.
func jsonString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= 0x7f {
			text, err := json.Marshal(s)
			if err != nil {
				return append(b, `""`...)
			}
			return append(b, text...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

func (n *node) element(b *strings.Builder) {
	tag := n.tag
	if tag == "" {
		tag = n.name
	}
	b.WriteString("<" + tag)
	for _, a := range n.attrs {
		b.WriteString(" " + a.name + `="`)
		value := fmt.Sprint(a.value)
		if v, ok := a.value.(bool); ok {
			value = map[bool]string{false: "0", true: "1"}[v]
		}
		_ = xml.EscapeText(b, []byte(value)) // a Builder takes everything
		b.WriteString(`"`)
	}
	if len(n.nodes) == 0 {
		b.WriteString(" />\n")
		return
	}
	b.WriteString(">\n")
	for _, c := range n.nodes {
		c.element(b)
	}
	b.WriteString("</" + tag + ">\n")
}

// reply answers with a node: XML, unless JSON was asked for.
func reply(w http.ResponseWriter, r *http.Request, n *node) {
	plain(w)
	if strings.Contains(r.Header.Get("Accept"), "application/json") {
		b := append(make([]byte, 0, 16<<10), '{')
		b = jsonString(b, n.name)
		b = append(b, ':')
		b = append(n.object(b), '}')
		send(w, http.StatusOK, "application/json", b)
		return
	}
	var b strings.Builder
	b.WriteString(xml.Header)
	n.element(&b)
	send(w, http.StatusOK, "text/xml;charset=utf-8", []byte(b.String()))
}

// plain sets the headers that all of a server's answers have.
func plain(w http.ResponseWriter) {
	w.Header().Set("X-Plex-Protocol", "1.0")
	w.Header().Set("Cache-Control", "no-cache")
}

func send(w http.ResponseWriter, status int, kind string, body []byte) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // whoever does not read it is gone
}

// fail answers as a server does when something is wrong: with a page, whatever was asked for.
func fail(w http.ResponseWriter, status int) {
	plain(w)
	if status == http.StatusServiceUnavailable {
		send(w, status, "text/xml;charset=utf-8", []byte(xml.Header+
			`<Response code="503" title="Maintenance" status="Plex Media Server is currently running database migrations."/>`+"\n"))
		return
	}
	text := http.StatusText(status)
	send(w, status, "text/html", fmt.Appendf(nil, "<html><head><title>%s</title></head><body><h1>%d %s</h1></body></html>", text, status, text))
}

// done is the answer to what has none: 200 and nothing.
func done(w http.ResponseWriter) {
	plain(w)
	send(w, http.StatusOK, "text/html", nil)
}

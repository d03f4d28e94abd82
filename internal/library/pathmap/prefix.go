package pathmap

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// kind is how a path is written.
type kind int

const (
	neither kind = iota // not an absolute path
	unix                // /data/films
	drive               // D:\films, D:/films, D:
	unc                 // \\nas\films, //nas/films
)

// kindOf reads off a path's text how it is written.
func kindOf(path string) kind {
	switch {
	case len(path) >= 2 && letter(path[0]) && path[1] == ':' && (len(path) == 2 || slash(path[2])):
		return drive
	case len(path) >= 3 && slash(path[0]) && path[1] == path[0] && !slash(path[2]):
		return unc
	case strings.HasPrefix(path, "/"):
		return unix
	}
	return neither
}

func letter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
func slash(c byte) bool  { return c == '/' || c == '\\' }

// prefix is a folder that paths are compared with.
type prefix struct {
	kind     kind
	drive    byte     // the letter, in upper case
	segments []string // in form C; those of a share begin with its host
	text     string   // in the folder's own style, without a separator at its end unless it is all there is: "/"
}

// parse reads a folder; ok is false when it is not an absolute path, or climbs.
func parse(folder string) (p prefix, ok bool) {
	p.kind = kindOf(folder)
	var rest string
	switch p.kind {
	case neither:
		return prefix{}, false
	case drive:
		p.drive, rest = folder[0]&^0x20, folder[2:]
	default:
		rest = folder
	}
	var names []string
	for {
		var name string
		if name, rest = p.next(rest); name == "" {
			break
		}
		if name == "." || name == ".." {
			return prefix{}, false
		}
		names = append(names, name)
		p.segments = append(p.segments, norm.NFC.String(name))
	}
	switch p.kind {
	case drive:
		p.text = strings.Join(append([]string{string(p.drive) + ":"}, names...), `\`)
	case unc:
		p.text = `\\` + strings.Join(names, `\`)
	default:
		p.text = "/" + strings.Join(names, "/")
	}
	return p, true
}

// next cuts the first name off a path below a root; name is empty when there is none.
func (p prefix) next(path string) (name, rest string) {
	path = p.trim(path)
	for i := range len(path) {
		if p.separates(path[i]) {
			return path[:i], path[i:]
		}
	}
	return path, ""
}

// trim cuts separators off the front.
func (p prefix) trim(path string) string {
	for path != "" && p.separates(path[0]) {
		path = path[1:]
	}
	return path
}

func (p prefix) windows() bool         { return p.kind == drive || p.kind == unc }
func (p prefix) separates(c byte) bool { return c == '/' || c == '\\' && p.windows() }

// same reports whether name is another spelling of the segment with the number i.
func (p prefix) same(name string, i int) bool {
	want := p.segments[i]
	if name == want {
		return true
	}
	name = norm.NFC.String(name) // allocates only for what is not in form C
	// EqualFold takes all bytes that are no UTF-8 for alike.
	return name == want || p.windows() && utf8.ValidString(name) && strings.EqualFold(name, want)
}

// cut returns what stands below the folder in path, as it is spelled there; ok is false when path is not the folder and
// not below it, or climbs.
func (p prefix) cut(path string) (tail string, ok bool) {
	switch p.kind {
	case unix:
		if !strings.HasPrefix(path, "/") {
			return "", false
		}
	case drive:
		if kindOf(path) != drive || path[0]&^0x20 != p.drive {
			return "", false
		}
		path = path[2:]
	case unc:
		if kindOf(path) != unc {
			return "", false
		}
	default:
		return "", false
	}
	for i := range p.segments {
		var name string
		if name, path = p.next(path); name == "" || !p.same(name, i) {
			return "", false
		}
	}
	tail = p.trim(path)
	for rest := tail; rest != ""; {
		var name string
		if name, rest = p.next(rest); name == ".." {
			return "", false
		}
	}
	return tail, true
}

// join puts a tail that was cut from another folder below this one; ok is false when its names cannot be written in this
// one's style.
func (p prefix) join(tail string, from prefix) (path string, ok bool) {
	switch {
	case p.windows() && !from.windows():
		if strings.Contains(tail, `\`) {
			return "", false // it would fall apart into two names
		}
		tail = strings.ReplaceAll(tail, "/", `\`)
	case p.windows():
		tail = strings.ReplaceAll(tail, "/", `\`)
	case from.windows():
		tail = strings.ReplaceAll(tail, `\`, "/")
	}
	switch {
	case tail == "" && p.kind == drive && len(p.segments) == 0:
		return p.text + `\`, true // "D:" alone is the folder that D: happens to be in
	case tail == "":
		return p.text, true
	case p.windows():
		return p.text + `\` + tail, true
	case p.text == "/":
		return "/" + tail, true
	}
	return p.text + "/" + tail, true
}

// Absolute reports whether a path begins at a root: "/", a drive, or a host.
func Absolute(path string) bool { return kindOf(path) != neither }

// Within reports whether path is folder or stands below it.
func Within(folder, path string) bool {
	_, ok := Tail(folder, path)
	return ok
}

// Tail returns what stands below folder in path, as it is spelled there and without a separator in front. It is empty
// for the folder itself. ok is false when path is neither, or climbs out with "..".
func Tail(folder, path string) (tail string, ok bool) {
	p, ok := parse(folder)
	if !ok {
		return "", false
	}
	return p.cut(path)
}

// Same reports whether both are spellings of one path.
func Same(a, b string) bool {
	tail, ok := Tail(a, b)
	return ok && tail == ""
}

// Base returns the last name of a path.
func Base(path string) string {
	p := prefix{kind: kindOf(path)}
	for path != "" && p.separates(path[len(path)-1]) {
		path = path[:len(path)-1]
	}
	for i := len(path) - 1; i >= 0; i-- {
		if p.separates(path[i]) {
			return path[i+1:]
		}
	}
	return path
}

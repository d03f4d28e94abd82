package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
)

// printTable prints a table to stdout.
func (a *app) printTable(rows [][]string, dress func(row, column int, cell string) string) error {
	if _, err := fmt.Fprintln(a.Stdout, strings.Join(table(rows, dress), "\n")); err != nil {
		return &writeError{err}
	}
	return nil
}

// marked dresses a table with a head whose first column is a mark.
func (a *app) marked() func(row, column int, cell string) string {
	p := a.paintFor(a.Stdout)
	return func(row, column int, cell string) string {
		switch {
		case row == 0:
			return p.quiet(cell)
		case column > 0:
			return cell
		case cell == "✓":
			return p.good(cell)
		case cell == "✗":
			return p.bad(cell)
		}
		return p.quiet(cell) // what is not known is never green
	}
}

// right sets the columns from the given one on to the right, as figures stand.
func right(rows [][]string, from int) [][]string {
	for c := from; c < len(rows[0]); c++ {
		width := columnWidth(rows, c)
		for _, row := range rows {
			row[c] = strings.Repeat(" ", width-columns(row[c])) + row[c]
		}
	}
	return rows
}

// columnWidth is the width of the widest cell of a column.
func columnWidth(rows [][]string, column int) (width int) {
	for _, row := range rows {
		width = max(width, columns(row[column]))
	}
	return width
}

// ago says when something was, as people say it.
func ago(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "just now"
	case d < time.Hour:
		return fmt.Sprintf("%.0f min ago", d.Minutes())
	case d < 48*time.Hour:
		return fmt.Sprintf("%.0f h ago", d.Hours())
	}
	return fmt.Sprintf("%.0f days ago", d.Hours()/24)
}

// jsonLines writes one JSON object a line.
type jsonLines struct{ enc *json.Encoder }

func newJSONLines(w io.Writer) *jsonLines {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false) // names hold & and <, and nobody puts this into a page
	return &jsonLines{enc}
}

func (l *jsonLines) print(record any) error {
	if err := l.enc.Encode(record); err != nil {
		return &writeError{err}
	}
	return nil
}

// odd returns the true bytes of a name that is no UTF-8, for JSON, whose text is Unicode; nil for other names.
func odd(name string) []byte {
	if strings.ToValidUTF8(name, "") == name {
		return nil
	}
	return []byte(name)
}

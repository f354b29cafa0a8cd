package command

import (
	"io"
	"strings"
	"text/tabwriter"
	"unicode/utf8"
)

// A table is rows of cells in columns, the first row being their names.
type table struct {
	rows  [][]string
	cut   int // the column that is cut if the rows are wider than the terminal; 0: none
	width int // of the terminal; 0: any
}

const (
	gap    = 2  // spaces between columns
	minCut = 12 // characters that are left of a cell at least
)

func (t *table) add(cells ...string) {
	for i, cell := range cells {
		cells[i] = printable(cell)
	}
	t.rows = append(t.rows, cells)
}

// print prints the rows and forgets them.
func (t *table) print(w io.Writer) error {
	t.fit()
	columns := tabwriter.NewWriter(w, 0, 0, gap, ' ', 0)
	for _, row := range t.rows {
		printf(columns, "%s\n", strings.Join(row, "\t"))
	}
	t.rows = nil
	return columns.Flush()
}

// fit shortens the column that may be.
func (t *table) fit() {
	if t.cut == 0 || t.width == 0 {
		return
	}
	widest := map[int]int{}
	for _, row := range t.rows {
		for i, cell := range row {
			widest[i] = max(widest[i], utf8.RuneCountInString(cell))
		}
	}
	others := 0
	for i, n := range widest {
		if i != t.cut {
			others += n + gap
		}
	}
	for _, row := range t.rows {
		row[t.cut] = shorten(row[t.cut], max(t.width-others, minCut))
	}
}

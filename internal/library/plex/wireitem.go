package plex

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The items of a list as Plex sends them, with the few fields that matter here.
type (
	wireItem struct {
		RatingKey        text            `json:"ratingKey"`
		ParentRatingKey  text            `json:"parentRatingKey"`
		SectionID        text            `json:"librarySectionID"`
		Type             text            `json:"type"`
		Title            text            `json:"title"`
		ParentTitle      text            `json:"parentTitle"`
		GrandparentTitle text            `json:"grandparentTitle"`
		Year             number          `json:"year"`
		Index            *number         `json:"index"`
		ParentIndex      *number         `json:"parentIndex"`
		Duration         number          `json:"duration"` // ms
		AddedAt          number          `json:"addedAt"`  // Unix seconds
		DeletedAt        number          `json:"deletedAt"`
		Media            list[wireMedia] `json:"Media"`
	}
	wireMedia struct {
		Duration  number         `json:"duration"`
		ProxyType number         `json:"proxyType"`
		Target    text           `json:"target"`
		DeletedAt number         `json:"deletedAt"`
		Part      list[wirePart] `json:"Part"`
	}
	wirePart struct {
		ID        text   `json:"id"`
		Key       text   `json:"key"`
		File      text   `json:"file"`
		Size      number `json:"size"`
		Duration  number `json:"duration"`
		Indexes   text   `json:"indexes"`
		DeletedAt number `json:"deletedAt"`
		Exists    *flag  `json:"exists"` // only where checkFiles was asked for
	}
)

// optimizedVersion is the proxyType of what Plex's own optimizer made.
const optimizedVersion = 42

// parts returns the files of an item. section is its library's key, where it does not say so itself.
func (i wireItem) parts(section string) []Part {
	var all []Part
	for _, m := range i.Media {
		for _, p := range m.Part {
			if !digits(string(p.ID)) || !digits(string(i.RatingKey)) {
				continue // nothing can be asked about it
			}
			part := Part{
				ID:        string(p.ID),
				Item:      string(i.RatingKey),
				Section:   section,
				Title:     i.name(),
				File:      string(p.File),
				Size:      max(0, int64(p.Size)),
				Duration:  milliseconds(p.Duration, m.Duration, i.Duration),
				Changed:   changed(string(p.Key)),
				Added:     seconds(i.AddedAt),
				Indexed:   slices.Contains(strings.Split(string(p.Indexes), ","), "sd"),
				Optimized: m.ProxyType == optimizedVersion || m.Target != "",
				Missing:   i.DeletedAt > 0 || m.DeletedAt > 0 || p.DeletedAt > 0 || p.Exists != nil && !bool(*p.Exists),
			}
			if i.Type == "episode" {
				part.Season = string(i.ParentRatingKey)
			}
			if i.SectionID != "" {
				part.Section = string(i.SectionID)
			}
			all = append(all, part)
		}
	}
	return all
}

// name returns how people call an item: "Heat (1995)", "Dark – S01E03 – Past and Present".
func (i wireItem) name() string {
	title := string(i.Title)
	if i.Type != "episode" {
		switch {
		case title == "":
			return "Item " + string(i.RatingKey)
		case i.Year > 0:
			return fmt.Sprintf("%s (%d)", title, i.Year)
		}
		return title
	}
	var names []string
	if i.GrandparentTitle != "" {
		names = append(names, string(i.GrandparentTitle))
	}
	switch {
	case i.ParentIndex != nil && i.Index != nil:
		names = append(names, fmt.Sprintf("S%02dE%02d", *i.ParentIndex, *i.Index))
	case i.ParentTitle != "": // daily shows have no numbers
		names = append(names, string(i.ParentTitle))
	}
	if title != "" {
		names = append(names, title)
	}
	if len(names) == 0 {
		return "Item " + string(i.RatingKey)
	}
	return strings.Join(names, " – ")
}

// milliseconds returns the first length that is one.
func milliseconds(lengths ...number) time.Duration {
	for _, n := range lengths {
		if n > 0 && n < 1<<40 {
			return time.Duration(n) * time.Millisecond
		}
	}
	return 0
}

// seconds returns a time in Unix seconds; zero for none. Times before 1970 are nobody's.
func seconds(n number) time.Time {
	if n <= 0 || n >= 1<<40 {
		return time.Time{}
	}
	return time.Unix(int64(n), 0)
}

// changed returns the time in a part's key, "/library/parts/1/1777598686/file.mkv".
func changed(key string) time.Time {
	f := strings.Split(key, "/")
	if len(f) < 6 || f[2] != "parts" {
		return time.Time{}
	}
	n, err := strconv.ParseInt(f[4], 10, 64)
	if err != nil {
		return time.Time{}
	}
	return seconds(number(n))
}

package plex

import (
	"context"
	"io"
	"net/http"
)

// Activity is something that the server is busy with.
type Activity struct {
	UUID     string
	Type     string // "library.update.section", "media.generate.bif"
	Title    string
	Subtitle string
	Section  string // key; empty for none
	Progress int    // percent; -1 when unknown
}

// wireActivity is an activity as lists and events have it.
type wireActivity struct {
	UUID     text    `json:"uuid"`
	Type     text    `json:"type"`
	Title    text    `json:"title"`
	Subtitle text    `json:"subtitle"`
	Progress *number `json:"progress"`
	Context  list[struct {
		Section text `json:"librarySectionID"`
	}] `json:"Context"`
}

func (a wireActivity) progress() int {
	if a.Progress == nil || *a.Progress < 0 {
		return -1
	}
	return int(min(*a.Progress, 100))
}

// Activities lists what the server is busy with.
func (s *Server) Activities(ctx context.Context) ([]Activity, error) {
	var all []Activity
	err := s.do(ctx, call{path: "/activities", read: func(_ http.Header, body io.Reader) error {
		all = nil
		return members(body, "MediaContainer", func(name string, d decoder) (bool, error) {
			if name != "Activity" {
				return false, nil
			}
			return true, each(d, func(a wireActivity) error {
				all = append(all, Activity{
					UUID: string(a.UUID), Type: string(a.Type), Title: string(a.Title), Subtitle: string(a.Subtitle),
					Section: string(a.Context.first().Section), Progress: a.progress(),
				})
				return nil
			})
		})
	}})
	return all, err
}

// Sessions lists who watches.
func (s *Server) Sessions(ctx context.Context) ([]Session, error) {
	type session struct {
		Title text `json:"title"`
		User  list[struct {
			Title text `json:"title"`
		}] `json:"User"`
		Player list[struct {
			State text `json:"state"`
			Local flag `json:"local"`
		}] `json:"Player"`
	}
	var all []Session
	err := s.do(ctx, call{path: "/status/sessions", read: func(_ http.Header, body io.Reader) error {
		all = nil
		return members(body, "MediaContainer", func(name string, d decoder) (bool, error) {
			if name != "Metadata" {
				return false, nil
			}
			return true, each(d, func(v session) error {
				all = append(all, Session{
					User: string(v.User.first().Title), Title: string(v.Title),
					State: string(v.Player.first().State), Local: bool(v.Player.first().Local),
				})
				return nil
			})
		})
	}})
	return all, err
}

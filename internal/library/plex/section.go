package plex

import (
	"context"
	"io"
	"net/http"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// Root is what a server says about itself to those who may ask.
type Root struct {
	ID       string
	Name     string
	Version  string
	Platform string
	Owner    bool // the token is the owner's. See [Server.CheckOwner]
}

// Root asks the server for its name, and finds out whether the token is its owner's: that one alone can have previews
// shown. A bad token is a fault with [preview.PlexToken]; one of somebody else is none.
func (s *Server) Root(ctx context.Context) (Root, error) {
	var r Root
	err := s.do(ctx, call{path: "/", read: func(_ http.Header, body io.Reader) error {
		r = Root{}
		return members(body, "MediaContainer", func(name string, d decoder) (bool, error) {
			switch name {
			case "machineIdentifier":
				return true, soft(d, (*text)(&r.ID))
			case "friendlyName":
				return true, soft(d, (*text)(&r.Name))
			case "version":
				return true, soft(d, (*text)(&r.Version))
			case "platform":
				return true, soft(d, (*text)(&r.Platform))
			}
			return false, nil
		})
	}})
	if err != nil {
		return r, err
	}
	s.mu.Lock()
	s.name = r.Name
	s.mu.Unlock()
	switch err := s.CheckOwner(ctx); preview.ReasonOf(err) {
	case preview.PlexNotOwner:
	default:
		r.Owner = err == nil
		return r, err
	}
	return r, nil
}

// CheckOwner reports with a fault whether the token is the owner's: [preview.PlexNotOwner] when it is somebody else's.
func (s *Server) CheckOwner(ctx context.Context) error {
	// Who watches what is for the owner alone. Others are refused by 401 or 403, by version; whether the token is any
	// good at all must be known from elsewhere.
	err := s.do(ctx, call{path: "/status/sessions"})
	if preview.ReasonOf(err) != preview.PlexToken {
		return err
	}
	if s.do(ctx, call{path: "/library/sections"}) == nil {
		return preview.Because(preview.PlexNotOwner, "%w", err)
	}
	return err
}

// Sections lists the server's libraries, those without videos included.
func (s *Server) Sections(ctx context.Context) ([]Section, error) {
	var all []Section
	err := s.do(ctx, call{path: "/library/sections", read: func(_ http.Header, body io.Reader) (err error) {
		all, err = readSections(body)
		return err
	}})
	return all, err
}

func readSections(body io.Reader) (all []Section, err error) {
	type directory struct {
		Key        text `json:"key"`
		Type       text `json:"type"`
		Title      text `json:"title"`
		UUID       text `json:"uuid"`
		Agent      text `json:"agent"`
		Refreshing flag `json:"refreshing"`
		Location   list[struct {
			Path text `json:"path"`
		}] `json:"Location"`
	}
	err = members(body, "MediaContainer", func(name string, d decoder) (bool, error) {
		if name != "Directory" {
			return false, nil
		}
		return true, each(d, func(d directory) error {
			if !digits(string(d.Key)) {
				return nil
			}
			section := Section{
				Key: string(d.Key), Type: string(d.Type), Title: string(d.Title), UUID: string(d.UUID), Agent: string(d.Agent),
				Refreshing: bool(d.Refreshing),
			}
			for _, l := range d.Location {
				if l.Path != "" {
					section.Locations = append(section.Locations, string(l.Path))
				}
			}
			all = append(all, section)
			return nil
		})
	})
	return all, err
}

// Pref returns a setting of the server, such as GenerateBIFBehavior ("never", "scheduled", "asap"). An error with
// [ErrNotFound] says that there is no such setting.
func (s *Server) Pref(ctx context.Context, name string) (string, error) {
	return s.setting(ctx, "/:/prefs", name)
}

// SectionPref returns a setting of a library, such as enableBIFGeneration ("1", "0", "true", "false").
func (s *Server) SectionPref(ctx context.Context, section, name string) (string, error) {
	if !digits(section) {
		return "", preview.Because(preview.PlexNoLibrary, "read settings of section %q", section)
	}
	return s.setting(ctx, "/library/sections/"+section+"/prefs", name)
}

func (s *Server) setting(ctx context.Context, path, name string) (value string, err error) {
	type setting struct {
		ID    text `json:"id"`
		Value text `json:"value"`
	}
	var found bool
	err = s.do(ctx, call{path: path, read: func(_ http.Header, body io.Reader) error {
		return members(body, "MediaContainer", func(member string, d decoder) (bool, error) {
			if member != "Setting" {
				return false, nil
			}
			return true, each(d, func(v setting) error {
				if string(v.ID) == name {
					value, found = string(v.Value), true
				}
				return nil
			})
		})
	}})
	if err == nil && !found {
		err = preview.Because(preview.PlexFailed, "read setting %q: %w", name, ErrNotFound)
	}
	return value, err
}

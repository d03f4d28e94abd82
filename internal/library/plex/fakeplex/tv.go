package fakeplex

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// object is one of plex.tv, whose JSON was never XML.
type object map[string]any

func (f *Fake) tvRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v2/pins", f.createPIN)
	mux.HandleFunc("GET /api/v2/pins/{id}", f.pollPIN)
	mux.HandleFunc("GET /api/v2/user", f.signedIn(f.user))
	mux.HandleFunc("GET /api/v2/resources", f.signedIn(f.resources))
	mux.HandleFunc("GET /api/v2/ping", f.signedIn(func(w http.ResponseWriter, _ *http.Request) { answerTV(w, http.StatusOK, object{"pong": true}) }))
	mux.HandleFunc("DELETE /api/v2/users/signout", f.signedIn(f.signOut))
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { failTV(w, http.StatusNotFound) })
	return mux
}

func answerTV(w http.ResponseWriter, status int, v any) {
	text, err := json.Marshal(v)
	if err != nil {
		status, text = http.StatusInternalServerError, nil
	}
	send(w, status, "application/json; charset=utf-8", text)
}

// failTV answers as plex.tv does when something is wrong.
func failTV(w http.ResponseWriter, status int) {
	code, message := 1000, http.StatusText(status)
	switch status {
	case http.StatusUnauthorized:
		code, message = 1001, "User could not be authenticated"
	case http.StatusTooManyRequests:
		code, message = 1003, "API rate limit exceeded"
	case http.StatusNotFound:
		code, message = 1020, "Code not found or expired"
	case http.StatusBadRequest:
		message = "X-Plex-Client-Identifier is missing"
	}
	if status >= http.StatusInternalServerError { // what stands in front of plex.tv answers then
		send(w, status, "text/html", []byte("<html><body><h1>"+strconv.Itoa(status)+" "+message+"</h1></body></html>"))
		return
	}
	answerTV(w, status, object{"errors": []object{{"code": code, "message": message, "status": status}}})
}

// signedIn lets those through that have signed in.
func (f *Fake) signedIn(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		ok := f.tokenOfLocked(r) == AccountToken
		f.mu.Unlock()
		if !ok {
			failTV(w, http.StatusUnauthorized)
			return
		}
		next(w, r)
	}
}

func (f *Fake) createPIN(w http.ResponseWriter, r *http.Request) {
	client := r.Header.Get("X-Plex-Client-Identifier")
	if client == "" {
		failTV(w, http.StatusBadRequest)
		return
	}
	life, code := f.o.PINLife, strings.ToLower(rand.Text())[:25]
	if strong := r.FormValue("strong"); strong != "true" && strong != "1" {
		life, code = f.o.PINLife/2, strings.ToUpper(code[:4]) // to be typed at plex.tv/link
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	p := &pin{
		id: 1_000_000_001 + len(f.account.pins), code: code, client: client, product: r.Header.Get("X-Plex-Product"),
		created: f.o.Now(), expires: f.o.Now().Add(life),
	}
	f.account.pins = append(f.account.pins, p)
	answerTV(w, http.StatusCreated, f.pinLocked(p))
}

func (f *Fake) pollPIN(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.account.pins {
		if strconv.Itoa(p.id) != r.PathValue("id") || p.client != r.Header.Get("X-Plex-Client-Identifier") {
			continue
		}
		expired := !f.o.Now().Before(p.expires)
		if expired && !p.quiet {
			break
		}
		if p.polls++; f.o.AutoApprove > 0 && p.polls >= f.o.AutoApprove && !expired {
			p.approved = true
		}
		answerTV(w, http.StatusOK, f.pinLocked(p))
		return
	}
	failTV(w, http.StatusNotFound)
}

func (f *Fake) pinLocked(p *pin) object {
	left := p.expires.Sub(f.o.Now())
	o := object{
		"id": p.id, "code": p.code, "product": p.product, "trusted": false,
		"qr": "https://plex.tv/api/v2/pins/qr/" + p.code, "clientIdentifier": p.client,
		"location": object{
			"code": "NZ", "european_union_member": false, "continent_code": "OC", "country": "New Zealand", "city": "Wellington",
			"time_zone": "Pacific/Auckland", "postal_code": "6011", "in_privacy_restricted_country": false,
			"in_privacy_restricted_region": false, "subdivisions": "Wellington", "coordinates": "-41.29, 174.78",
		},
		"expiresIn": max(0, int(left.Seconds())), "createdAt": stamp(p.created), "expiresAt": stamp(p.expires),
		"authToken": nil, "newRegistration": nil,
	}
	if p.approved && left > 0 {
		o["authToken"], o["newRegistration"] = f.account.tokens[AccountToken], false
	}
	return o
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func (f *Fake) user(w http.ResponseWriter, _ *http.Request) {
	answerTV(w, http.StatusOK, object{
		"id": 4711, "uuid": "00000000deadbeef", "username": username, "title": username, "email": "ann@example.invalid",
		"friendlyName": "Ann", "thumb": "https://plex.tv/users/00000000deadbeef/avatar?c=1", "authToken": f.AccountToken(),
		"home": false, "homeAdmin": false, "homeSize": 1, "guest": false, "restricted": false, "protected": false, "hasPassword": true,
		"subscription": object{"active": false, "status": "Inactive", "plan": nil, "paymentService": nil, "features": []string{}},
		"roles":        []string{}, "entitlements": []string{},
	})
}

func (f *Fake) signOut(w http.ResponseWriter, _ *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.account.renew(AccountToken)
	w.WriteHeader(http.StatusNoContent)
}

// resources lists our server, a friend's that is away, and a player.
func (f *Fake) resources(w http.ResponseWriter, _ *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	connections := append([]Connection(nil), f.o.Connections...)
	if f.pmsURL != "" {
		connections = append(connections, Connection{URI: f.pmsURL, Local: true})
	}
	ours := f.resource(f.o.Name, f.identity, "server", connections)
	ours["accessToken"] = f.account.tokens[ServerToken]
	if f.o.Shared {
		ours["owned"], ours["ownerId"], ours["sourceTitle"], ours["accessToken"] = false, 4712, "ben", f.account.tokens[SharedToken]
	}
	friends := f.resource("Bens Server", "fedcba9876543210fedcba9876543210fedcba98", "server", []Connection{{URI: "https://nobody.invalid:32400"}})
	friends["owned"], friends["ownerId"], friends["sourceTitle"], friends["accessToken"] = false, 4712, "ben", "not-a-token-either"
	player := f.resource("Living Room", "player-0001", "client,player,pubsub-player", nil)
	player["product"], player["productVersion"], player["platform"], player["device"] = "Plex for Android (TV)", "10.0", "Android", "TV"
	answerTV(w, http.StatusOK, []object{player, ours, friends})
}

func (f *Fake) resource(name, id, provides string, connections []Connection) object {
	var list []object
	for _, c := range connections {
		u, err := url.Parse(c.URI)
		if err != nil {
			continue
		}
		port, err := strconv.Atoi(u.Port())
		if err != nil {
			port = 32400
		}
		list = append(list, object{
			"protocol": u.Scheme, "address": u.Hostname(), "port": port, "uri": c.URI, "local": c.Local, "relay": c.Relay, "IPv6": c.IPv6,
		})
	}
	if list == nil {
		list = []object{}
	}
	return object{
		"name": name, "product": "Plex Media Server", "productVersion": version, "platform": "Linux", "platformVersion": "24.04",
		"device": "PC", "clientIdentifier": id, "createdAt": "2024-01-01T00:00:00Z", "lastSeenAt": stamp(f.o.Now()), "provides": provides,
		"ownerId": nil, "sourceTitle": nil, "publicAddress": "203.0.113.7", "accessToken": nil, "owned": true, "home": false, "synced": false,
		"relay": false, "presence": true, "httpsRequired": false, "publicAddressMatches": true, "dnsRebindingProtection": false,
		"natLoopbackSupported": false, "connections": list,
	}
}

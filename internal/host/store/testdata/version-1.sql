-- What version 1 left behind. It never changes.
PRAGMA user_version = 1;
CREATE TABLE jobs (
	id         INTEGER PRIMARY KEY AUTOINCREMENT, -- never used twice, so that an old number cannot mean a new job
	kind       TEXT    NOT NULL,
	title      TEXT    NOT NULL,
	source     TEXT    NOT NULL,
	selection  TEXT    NOT NULL, -- JSON
	regenerate INTEGER NOT NULL,
	priority   INTEGER NOT NULL,
	state      TEXT    NOT NULL,
	open       INTEGER NOT NULL, -- 1 while the state is not final
	reason     TEXT    NOT NULL,
	detail     TEXT    NOT NULL,
	created    INTEGER NOT NULL,
	started    INTEGER NOT NULL,
	ended      INTEGER NOT NULL,
	videos     INTEGER NOT NULL, -- from here the counts
	already    INTEGER NOT NULL,
	waiting    INTEGER NOT NULL,
	published  INTEGER NOT NULL,
	shown      INTEGER NOT NULL,
	failed     INTEGER NOT NULL,
	later      INTEGER NOT NULL,
	cancelled  INTEGER NOT NULL,
	listed     INTEGER NOT NULL,
	total      INTEGER NOT NULL,
	-- Counts of tasks that the history forgot before the job was opened again.
	gone_published INTEGER NOT NULL DEFAULT 0,
	gone_shown     INTEGER NOT NULL DEFAULT 0,
	gone_failed    INTEGER NOT NULL DEFAULT 0,
	gone_cancelled INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE ledger (
	source      TEXT    NOT NULL,
	key         TEXT    NOT NULL,
	path        TEXT    NOT NULL,
	listed_size INTEGER NOT NULL,
	listed_time INTEGER NOT NULL,
	file_size   INTEGER NOT NULL,
	file_time   INTEGER NOT NULL,
	out         TEXT    NOT NULL,
	interval    INTEGER NOT NULL,
	width       INTEGER NOT NULL,
	quality     INTEGER NOT NULL,
	recipe      TEXT    NOT NULL,
	shown       INTEGER NOT NULL,
	at          INTEGER NOT NULL,
	PRIMARY KEY (source, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE notes (
	name  TEXT NOT NULL PRIMARY KEY,
	value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE strikes (
	path   TEXT    NOT NULL PRIMARY KEY,
	size   INTEGER NOT NULL,
	time   INTEGER NOT NULL,
	title  TEXT    NOT NULL,
	count  INTEGER NOT NULL,
	reason TEXT    NOT NULL,
	detail TEXT    NOT NULL,
	last   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE tasks (
	id         INTEGER PRIMARY KEY AUTOINCREMENT,
	job        INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
	source     TEXT    NOT NULL, -- from here the video
	key        TEXT    NOT NULL,
	library    TEXT    NOT NULL,
	title      TEXT    NOT NULL,
	path       TEXT    NOT NULL,
	remote     TEXT    NOT NULL,
	size       INTEGER NOT NULL,
	changed    INTEGER NOT NULL,
	added      INTEGER NOT NULL,
	duration   INTEGER NOT NULL,
	items      TEXT    NOT NULL, -- JSON
	offered    INTEGER NOT NULL, -- 1 when the source offered a preview already
	regenerate INTEGER NOT NULL, -- from here the task
	priority   INTEGER NOT NULL,
	state      TEXT    NOT NULL,
	open       INTEGER NOT NULL, -- 1 while the state is not final
	reason     TEXT    NOT NULL,
	detail     TEXT    NOT NULL,
	tries      INTEGER NOT NULL,
	due        INTEGER NOT NULL,
	tried      TEXT    NOT NULL, -- JSON
	device     TEXT    NOT NULL,
	recipe     TEXT    NOT NULL,
	frames     INTEGER NOT NULL,
	out        TEXT    NOT NULL,
	replaced   INTEGER NOT NULL,
	shown      INTEGER NOT NULL,
	elapsed    INTEGER NOT NULL,
	started    INTEGER NOT NULL,
	ended      INTEGER NOT NULL
) STRICT;
CREATE INDEX tasks_due ON tasks (state, due) WHERE open = 1;
CREATE INDEX tasks_job ON tasks (job, state, id, shown, due);
CREATE INDEX tasks_queue ON tasks (state, priority DESC, id, due) WHERE open = 1;
CREATE INDEX tasks_video ON tasks (source, path);
INSERT INTO jobs (id, kind, title, source, selection, regenerate, priority, state, open, reason, detail, created, started, ended, videos, already, waiting, published, shown, failed, later, cancelled, listed, total, gone_published, gone_shown, gone_failed, gone_cancelled) VALUES (1, 'scan', 'Scan Films', 'plex:1', '{"libraries":["1","Séries"],"folders":[{"bytes":"L2ZpbG1zL//+IGNhZukgJ24nICJ4IiAlM0Y/IzwmPlwubWt2"}],"order":"oldest","limit":9}', 1, 3, 'running', 1, '', '', 1795435200000000, 1795435201000000, 0, 8, 4, 1, 1, 1, 1, 1, 0, 7, 8, 0, 0, 0, 0);
INSERT INTO jobs (id, kind, title, source, selection, regenerate, priority, state, open, reason, detail, created, started, ended, videos, already, waiting, published, shown, failed, later, cancelled, listed, total, gone_published, gone_shown, gone_failed, gone_cancelled) VALUES (2, 'paths', 'One file', 'folder', '{}', 0, 0, 'failed', 0, 'mount.empty', '/films', 1795435200000000, 0, 1795435200000000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
INSERT INTO tasks (id, job, source, key, library, title, path, remote, size, changed, added, duration, items, offered, regenerate, priority, state, open, reason, detail, tries, due, tried, device, recipe, frames, out, replaced, shown, elapsed, started, ended) VALUES (1, 1, 'plex:1', '4711', '1', 'Heat (1995)', CAST(x'2f66696c6d732ffffe20636166e920276e2720227822202533463f233c263e5c2e6d6b76' AS TEXT), CAST(x'2f646174612f66696c6d732ffffe20636166e920276e2720227822202533463f233c263e5c2e6d6b76' AS TEXT), 7, 1795435200000000, -9223372036854775808, 10200000000000, '["1",{"bytes":"/w=="}]', 1, 1, 3, 'queued', 1, '', '', 0, 0, '', '', '', 0, '', 0, 0, 0, 0, 0);
INSERT INTO tasks (id, job, source, key, library, title, path, remote, size, changed, added, duration, items, offered, regenerate, priority, state, open, reason, detail, tries, due, tried, device, recipe, frames, out, replaced, shown, elapsed, started, ended) VALUES (2, 1, 'plex:1', '', '', '', '/films/b.mkv', '', 0, 0, 0, 0, '', 0, 0, 0, 'published', 0, '', '', 0, 0, '', 'cuda:0', 'cuda keyframes 7', 3600, '/plex/b.bif', 1, 1, 2000000000, 1795435200000000, 1795435200000000);
INSERT INTO tasks (id, job, source, key, library, title, path, remote, size, changed, added, duration, items, offered, regenerate, priority, state, open, reason, detail, tries, due, tried, device, recipe, frames, out, replaced, shown, elapsed, started, ended) VALUES (3, 1, 'plex:1', '', '', '', '/films/c.mkv', '', 0, 0, 0, 0, '', 0, 0, 0, 'failed', 0, 'video.damaged', 'moov', 0, 0, '["cuda:0","cpu"]', '', '', 0, '', 0, 0, 0, 0, 0);
INSERT INTO tasks (id, job, source, key, library, title, path, remote, size, changed, added, duration, items, offered, regenerate, priority, state, open, reason, detail, tries, due, tried, device, recipe, frames, out, replaced, shown, elapsed, started, ended) VALUES (4, 1, 'plex:1', '', '', '', '/films/d.mkv', '', 0, 0, 0, 0, '', 0, 0, 0, 'later', 1, 'video.missing', '', 2, 1795435500000000, '', '', '', 0, '', 0, 0, 0, 0, 0);
INSERT INTO ledger (source, key, path, listed_size, listed_time, file_size, file_time, out, interval, width, quality, recipe, shown, at) VALUES ('plex:1', '9', '/films/b.mkv', 1, 1795435200000000, 1, 1795435200000001, '/plex/b.bif', 2000000000, 320, 4, 'r', 1, 1795435200000000);
INSERT INTO strikes (path, size, time, title, count, reason, detail, last) VALUES ('/films/c.mkv', 5, 1795435200000000, 'C', 1, 'video.damaged', 'moov', 1795435200000000);
INSERT INTO notes (name, value) VALUES ('paused', CAST(x'2f66696c6d732ffffe20636166e920276e2720227822202533463f233c263e5c2e6d6b76' AS TEXT));
INSERT INTO sqlite_sequence (name, seq) VALUES ('jobs', 2);
INSERT INTO sqlite_sequence (name, seq) VALUES ('tasks', 4);

-- Version 1: the queue, the ledger, the strikes and the notes.
--
-- Times are microseconds since 1970 in UTC, 0 where there is none (values.go has the one exception); durations are
-- nanoseconds; lists are JSON. Text may hold any bytes: names of files need not be UTF-8.

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

-- The tasks of a video: one of them may be open.
CREATE INDEX tasks_video ON tasks (source, path);

-- The order in which tasks leave the queue: DueTasks walks it from the front and stops after n. It holds due, so that
-- tasks that wait for their time are passed without a look into the table.
CREATE INDEX tasks_queue ON tasks (state, priority DESC, id, due) WHERE open = 1;

-- The first entry of a state is the answer of NextDue.
CREATE INDEX tasks_due ON tasks (state, due) WHERE open = 1;

-- The tasks of a job, for people page by page, and the counts of a job without a look into the table.
CREATE INDEX tasks_job ON tasks (job, state, id, shown, due);

-- Listings ask for a thousand keys at a time, so the rows lie in the order of their keys.
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

CREATE TABLE notes (
	name  TEXT NOT NULL PRIMARY KEY,
	value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

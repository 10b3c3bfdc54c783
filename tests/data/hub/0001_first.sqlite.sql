BEGIN TRANSACTION;
CREATE TABLE accounts (
    id TEXT PRIMARY KEY,
    nick TEXT NOT NULL UNIQUE,
    email TEXT UNIQUE,
    password TEXT NOT NULL,
    admin INTEGER NOT NULL DEFAULT 0,
    generation INTEGER NOT NULL DEFAULT 0,
    created INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    bytes INTEGER NOT NULL DEFAULT 0
);
INSERT INTO "accounts" VALUES('a1','ada','ada@example.org','argon2',1,2,3,4,9);
CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created INTEGER NOT NULL,
    account TEXT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    address TEXT NOT NULL
);
CREATE TABLE devices (
    id TEXT PRIMARY KEY,
    nick TEXT NOT NULL,
    owner TEXT REFERENCES accounts(id) ON DELETE CASCADE,
    secret TEXT NOT NULL,
    challenge TEXT,
    public INTEGER NOT NULL DEFAULT 0,
    generation INTEGER NOT NULL DEFAULT 0,
    created INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    seen INTEGER NOT NULL DEFAULT 0,
    address TEXT NOT NULL DEFAULT '',
    user_meta TEXT NOT NULL DEFAULT '{}',
    device_meta TEXT NOT NULL DEFAULT '{}',
    UNIQUE (owner, nick)
);
INSERT INTO "devices" VALUES('d1','gate','a1','s',NULL,1,5,6,7,8,'::1','{"k":"v"}','{}');
INSERT INTO "devices" VALUES('d2','new',NULL,'s','a-b-c',0,0,1,1,0,'','{}','{}');
CREATE TABLE failures (
    key TEXT PRIMARY KEY,
    count INTEGER NOT NULL,
    until INTEGER NOT NULL
);
INSERT INTO "failures" VALUES('name a1',3,4);
CREATE TABLE join_tokens (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL REFERENCES accounts(id) ON DELETE CASCADE,
    nick TEXT NOT NULL,
    token TEXT NOT NULL UNIQUE,
    user_meta TEXT NOT NULL DEFAULT '{}',
    disabled INTEGER NOT NULL DEFAULT 0,
    created INTEGER NOT NULL,
    modified INTEGER NOT NULL
);
CREATE TABLE logs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    device TEXT NOT NULL REFERENCES devices(id) ON DELETE CASCADE,
    created INTEGER NOT NULL,
    tsec INTEGER NOT NULL,
    tnano INTEGER NOT NULL,
    lvl TEXT NOT NULL,
    src TEXT NOT NULL,
    plat TEXT NOT NULL,
    rev TEXT NOT NULL,
    msg TEXT NOT NULL
);
CREATE TABLE migrations (name TEXT PRIMARY KEY);
INSERT INTO "migrations" VALUES('0001_first');
CREATE TABLE objects (
    owner TEXT NOT NULL REFERENCES accounts(id) ON DELETE CASCADE,
    sha TEXT NOT NULL,
    name TEXT NOT NULL,
    mime TEXT NOT NULL,
    size INTEGER NOT NULL,
    present INTEGER NOT NULL DEFAULT 0,
    created INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    PRIMARY KEY (owner, sha)
);
INSERT INTO "objects" VALUES('a1','f0','bsp/kernel','application/octet-stream',9,1,2,3);
CREATE TABLE settings (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
INSERT INTO "settings" VALUES('token-key','a key');
CREATE TABLE step_objects (
    trail TEXT NOT NULL,
    rev INTEGER NOT NULL,
    sha TEXT NOT NULL,
    PRIMARY KEY (trail, rev, sha),
    FOREIGN KEY (trail, rev) REFERENCES steps(trail, rev) ON DELETE CASCADE
);
CREATE TABLE steps (
    trail TEXT NOT NULL REFERENCES trails(id) ON DELETE CASCADE,
    rev INTEGER NOT NULL,
    committer TEXT NOT NULL DEFAULT '',
    state_sha TEXT NOT NULL,
    status TEXT NOT NULL,
    step_time INTEGER NOT NULL,
    progress_time INTEGER NOT NULL DEFAULT 0,
    created INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    commit_msg TEXT NOT NULL,
    progress TEXT NOT NULL,
    meta TEXT NOT NULL DEFAULT '{}',
    state TEXT NOT NULL,
    PRIMARY KEY (trail, rev)
);
CREATE TABLE trails (
    id TEXT PRIMARY KEY REFERENCES devices(id) ON DELETE CASCADE,
    owner TEXT NOT NULL REFERENCES accounts(id) ON DELETE CASCADE,
    created INTEGER NOT NULL,
    touched INTEGER NOT NULL,
    insync INTEGER NOT NULL
);
INSERT INTO "trails" VALUES('d1','a1',1,2,3);
CREATE INDEX devices_public ON devices (owner) WHERE public = 1;
CREATE INDEX join_tokens_by_owner ON join_tokens (owner);
CREATE INDEX trails_by_owner ON trails (owner);
CREATE INDEX steps_by_status ON steps (trail, status, rev);
CREATE INDEX step_objects_by_sha ON step_objects (sha, trail);
CREATE INDEX objects_by_sha ON objects (sha);
CREATE INDEX logs_by_device ON logs (device, created, id);
CREATE INDEX audit_by_account ON audit (account, id);
DELETE FROM "sqlite_sequence";
COMMIT;

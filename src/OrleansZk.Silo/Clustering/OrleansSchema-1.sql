-- What Orleans' ADO.NET providers keep for a cluster of silos: who is a member, and the state of grains. For PostgreSQL 13 and newer.
-- Run in one transaction, with the schema as the search path. A published script never changes: what comes later is a script of its own.
-- Silos read orleansquery once, at their start. While a cluster is upgraded, silos of the release before still run the texts of its
-- version: the tables must serve these too.

CREATE TABLE orleans_schema (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    version  INTEGER NOT NULL
);
INSERT INTO orleans_schema (id, version) VALUES (1, 0);

-- The providers look for their queries under these names, without quotes: PostgreSQL has them in lower case.
CREATE TABLE OrleansQuery (
    QueryKey   TEXT PRIMARY KEY,
    QueryText  TEXT NOT NULL
);

-- A cluster's membership table has a version, and every change of a member but a heartbeat makes the next one.
CREATE TABLE orleans_cluster (
    cluster_id  TEXT PRIMARY KEY,
    version     INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE orleans_silo (
    cluster_id     TEXT NOT NULL REFERENCES orleans_cluster ON DELETE CASCADE,
    address        TEXT NOT NULL,
    port           INTEGER NOT NULL,
    generation     INTEGER NOT NULL,          -- which of its starts
    silo_name      TEXT NOT NULL,
    host_name      TEXT NOT NULL,
    status         INTEGER NOT NULL,          -- SiloStatus: 3 is active, 6 is dead
    gateway_port   INTEGER NOT NULL,          -- 0 for none
    suspect_times  TEXT,                      -- who suspects it since when, in Orleans' own form; never empty
    start_time     TIMESTAMPTZ NOT NULL,
    alive_time     TIMESTAMPTZ NOT NULL,      -- its last heartbeat, by its own clock
    PRIMARY KEY (cluster_id, address, port, generation)
);

-- A grain's key is two numbers and a text, and may be longer than an index takes: rows are found by a hash of all that names them.
-- A zero byte ends each text: no text of PostgreSQL's has one in it.
CREATE FUNCTION orleans_grain_state_id(service_id TEXT, state_name TEXT, key_high BIGINT, key_low BIGINT, key_text TEXT) RETURNS BYTEA
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $body$
        SELECT pg_catalog.sha256(
            pg_catalog.convert_to(service_id, 'UTF8') || '\x00'::BYTEA || pg_catalog.convert_to(state_name, 'UTF8') || '\x00'::BYTEA
            || pg_catalog.int8send(key_high) || pg_catalog.int8send(key_low)
            || CASE WHEN key_text IS NULL THEN '\x00'::BYTEA ELSE '\x01'::BYTEA || pg_catalog.convert_to(key_text, 'UTF8') END)
    $body$;
CREATE TABLE orleans_grain_state (
    id          BYTEA GENERATED ALWAYS AS (orleans_grain_state_id(service_id, state_name, key_high, key_low, key_text)) STORED PRIMARY KEY,
    service_id  TEXT NOT NULL,
    state_name  TEXT NOT NULL,                -- all that tells types of grains, and storages by name, apart
    key_high    BIGINT NOT NULL,
    key_low     BIGINT NOT NULL,
    key_text    TEXT,
    version     INTEGER NOT NULL,             -- the etag
    payload     BYTEA                         -- none once the state was cleared
);

-- Membership. A change locks the row of the cluster first, if the version is still the one that the silo has seen; whoever comes second
-- waits, looks again, and finds it gone. The version moves only if the member's row did. The answer is whether all of it happened.

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('InsertMembershipVersionKey', $query$
    WITH inserted AS (
        INSERT INTO orleans_cluster (cluster_id) VALUES (@DeploymentId) ON CONFLICT DO NOTHING RETURNING cluster_id
    )
    SELECT EXISTS (SELECT FROM inserted)
$query$);

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('InsertMembershipKey', $query$
    WITH seen AS (
        SELECT cluster_id FROM orleans_cluster WHERE cluster_id = @DeploymentId AND version = @Version FOR UPDATE
    ), joined AS (
        INSERT INTO orleans_silo (cluster_id, address, port, generation, silo_name, host_name, status, gateway_port, start_time, alive_time)
        SELECT cluster_id, @Address, @Port, @Generation, coalesce(@SiloName, ''), coalesce(@HostName, ''), @Status, @ProxyPort, @StartTime,
            @IAmAliveTime
        FROM seen
        ON CONFLICT DO NOTHING
        RETURNING cluster_id
    ), moved AS (
        UPDATE orleans_cluster SET version = version + 1 FROM joined WHERE orleans_cluster.cluster_id = joined.cluster_id
        RETURNING version
    )
    SELECT EXISTS (SELECT FROM moved)
$query$);

-- Often another silo's doing, which may not have seen the last heartbeat: that stays.
INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('UpdateMembershipKey', $query$
    WITH seen AS (
        SELECT cluster_id FROM orleans_cluster WHERE cluster_id = @DeploymentId AND version = @Version FOR UPDATE
    ), changed AS (
        UPDATE orleans_silo
        SET status = @Status, suspect_times = nullif(@SuspectTimes, ''), alive_time = greatest(alive_time, @IAmAliveTime)
        FROM seen
        WHERE orleans_silo.cluster_id = seen.cluster_id AND address = @Address AND port = @Port AND generation = @Generation
        RETURNING seen.cluster_id
    ), moved AS (
        UPDATE orleans_cluster SET version = version + 1 FROM changed WHERE orleans_cluster.cluster_id = changed.cluster_id
        RETURNING version
    )
    SELECT EXISTS (SELECT FROM moved)
$query$);

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('UpdateIAmAlivetimeKey', $query$
    UPDATE orleans_silo SET alive_time = @IAmAliveTime
    WHERE cluster_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation
$query$);

-- One row at least: the version, with nulls for a member that is not there.
INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('MembershipReadAllKey', $query$
    SELECT c.version AS Version, s.address AS Address, s.port AS Port, s.generation AS Generation, s.silo_name AS SiloName,
        s.host_name AS HostName, s.status AS Status, s.gateway_port AS ProxyPort, s.suspect_times AS SuspectTimes,
        s.start_time AS StartTime, s.alive_time AS IAmAliveTime
    FROM orleans_cluster c LEFT JOIN orleans_silo s USING (cluster_id)
    WHERE cluster_id = @DeploymentId
$query$);

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('MembershipReadRowKey', $query$
    SELECT c.version AS Version, s.address AS Address, s.port AS Port, s.generation AS Generation, s.silo_name AS SiloName,
        s.host_name AS HostName, s.status AS Status, s.gateway_port AS ProxyPort, s.suspect_times AS SuspectTimes,
        s.start_time AS StartTime, s.alive_time AS IAmAliveTime
    FROM orleans_cluster c LEFT JOIN orleans_silo s
        ON s.cluster_id = c.cluster_id AND s.address = @Address AND s.port = @Port AND s.generation = @Generation
    WHERE c.cluster_id = @DeploymentId
$query$);

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('GatewaysQueryKey', $query$
    SELECT address AS Address, gateway_port AS ProxyPort, generation AS Generation
    FROM orleans_silo
    WHERE cluster_id = @DeploymentId AND status = @Status AND gateway_port > 0
$query$);

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('DeleteMembershipTableEntriesKey', $query$
    DELETE FROM orleans_cluster WHERE cluster_id = @DeploymentId
$query$);

-- Removes a dead silo's row if it is still as it was when the provider judged it. No silo heeds the dead, so the version stays.
INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('CleanupDefunctSiloEntryKey', $query$
    DELETE FROM orleans_silo
    WHERE cluster_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation AND status = 6
        AND (start_time, alive_time) = (@StartTime, @IAmAliveTime) AND suspect_times IS NOT DISTINCT FROM nullif(@SuspectTimes, '')
$query$);

-- The same for all of them at once. The providers ask for it to be there; those that know the one above do not run it.
INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('CleanupDefunctSiloEntriesKey', $query$
    DELETE FROM orleans_silo
    WHERE cluster_id = @DeploymentId AND status = 6 AND greatest(start_time, alive_time) < @IAmAliveTime
$query$);

-- State of grains. What was written or cleared is answered with its version; no row says that the version was not the expected one, or
-- that somebody else was first.

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('ReadFromStorageKey', $query$
    SELECT payload AS PayloadBinary, version AS Version
    FROM orleans_grain_state
    WHERE id = orleans_grain_state_id(@ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, @GrainIdExtensionString)
$query$);

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('WriteToStorageKey', $query$
    WITH changed AS (
        UPDATE orleans_grain_state SET payload = @PayloadBinary, version = version + 1
        WHERE id = orleans_grain_state_id(@ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, @GrainIdExtensionString)
            AND version = @GrainStateVersion
        RETURNING version
    ), created AS (
        INSERT INTO orleans_grain_state (service_id, state_name, key_high, key_low, key_text, version, payload)
        SELECT @ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, @GrainIdExtensionString, 1, @PayloadBinary
        WHERE @GrainStateVersion IS NULL
        ON CONFLICT DO NOTHING
        RETURNING version
    )
    SELECT version AS NewGrainStateVersion FROM changed
    UNION ALL
    SELECT version FROM created
$query$);

-- The row stays, so that nobody's old version can fit again.
INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('ClearStorageKey', $query$
    UPDATE orleans_grain_state SET payload = NULL, version = version + 1
    WHERE id = orleans_grain_state_id(@ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, @GrainIdExtensionString)
        AND version = @GrainStateVersion
    RETURNING version
$query$);

-- For a provider that is told to delete what is cleared. It expects to see that the version has moved.
INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('DeleteStorageKey', $query$
    DELETE FROM orleans_grain_state
    WHERE id = orleans_grain_state_id(@ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, @GrainIdExtensionString)
        AND version = @GrainStateVersion
    RETURNING version + 1
$query$);

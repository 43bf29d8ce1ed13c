using Microsoft.Extensions.Options;
using Npgsql;
using Orleans.Configuration;
using OrleansZk.Grains;
using OrleansZk.Server.Configuration;
using OrleansZk.Server.Hosting;

namespace OrleansZk.Silo.Clustering;

/// <summary>Deletes what Orleans has stored of the streams of sessions that are over. The leader's silo does it for the cluster.</summary>
/// <remarks>
/// A session's grain ends its stream, but may have gone together with the client (they often share a process), and the agents that publish forget theirs only while
/// they live. Without this such rows would stay for ever.
/// </remarks>
internal sealed partial class WatchStreamSweeper(
    Engine engine, IOptions<ServerOptions> options, IOptions<ClusterOptions> cluster, TimeProvider clock, ILogger<WatchStreamSweeper> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);

    private readonly string _prefix = $"{options.Value.StreamProvider}/{WatchStreams.Namespace}/";
    private HashSet<string> _suspects = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
            {
                try
                {
                    if (await SweepAsync(stoppingToken).ConfigureAwait(false) is > 0 and int deleted)
                    {
                        LogSwept(deleted);
                    }
                }
#pragma warning disable CA1031 // The database may be away, in one way or another: the next turn tries again, and the silo goes on.
                catch (Exception e) when (!stoppingToken.IsCancellationRequested)
#pragma warning restore CA1031
                {
                    LogNotSwept(e.Message);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopping.
        }
    }

    /// <summary>Looks for rows of sessions that are over, and deletes those that the look before had found too: a session may be newer than this silo has heard.</summary>
    /// <returns>How many it has deleted.</returns>
    internal async Task<int> SweepAsync(CancellationToken cancellationToken)
    {
        if (engine.Leader is null)
        {
            _suspects = [];
            return 0;
        }

        string store = OrleansConnectionString.Create(options.Value.Ensemble, OrleansSchema.NameFor(options.Value.EnsembleSchema));
        var source = NpgsqlDataSource.Create(store);
        await using (source.ConfigureAwait(false))
        {
            HashSet<string> over = WithoutSession(await ReadKeysAsync(source, cancellationToken).ConfigureAwait(false));
            string[] deleted = [.. over.Intersect(_suspects)];
            _suspects = over;
            return deleted.Length == 0 ? 0 : await DeleteAsync(source, deleted, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<List<string>> ReadKeysAsync(NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        NpgsqlCommand select = source.CreateCommand("SELECT key_text FROM orleans_grain_state WHERE service_id = $1 AND starts_with(key_text, $2)");
        await using (select.ConfigureAwait(false))
        {
            select.Parameters.Add(new NpgsqlParameter<string> { TypedValue = cluster.Value.ServiceId });
            select.Parameters.Add(new NpgsqlParameter<string> { TypedValue = _prefix });
            NpgsqlDataReader rows = await select.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (rows.ConfigureAwait(false))
            {
                var keys = new List<string>();
                while (await rows.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    keys.Add(rows.GetString(0));
                }

                return keys;
            }
        }
    }

    private HashSet<string> WithoutSession(List<string> keys)
    {
        engine.Replica.EnterRead();
        try
        {
            return [.. keys.Where(key => long.TryParse(key.AsSpan(_prefix.Length), out long id) && !engine.Replica.Sessions.Contains(id))];
        }
        finally
        {
            engine.Replica.ExitRead();
        }
    }

    private async Task<int> DeleteAsync(NpgsqlDataSource source, string[] keys, CancellationToken cancellationToken)
    {
        NpgsqlCommand delete = source.CreateCommand("DELETE FROM orleans_grain_state WHERE service_id = $1 AND key_text = ANY($2)");
        await using (delete.ConfigureAwait(false))
        {
            delete.Parameters.Add(new NpgsqlParameter<string> { TypedValue = cluster.Value.ServiceId });
            delete.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = keys });
            return await delete.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Deleted {Count} stored streams of sessions that are over")]
    private partial void LogSwept(int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Stored streams of sessions that are over could not be deleted: {Reason}")]
    private partial void LogNotSwept(string reason);
}

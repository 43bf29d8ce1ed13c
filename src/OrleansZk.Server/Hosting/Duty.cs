using OrleansZk.Core.Replication;

namespace OrleansZk.Server.Hosting;

/// <summary>Something that the engine does at intervals for as long as it runs, whatever fails.</summary>
/// <param name="name">For people: "session expiry".</param>
/// <param name="isVital">True when clients cannot be served well without it.</param>
internal sealed partial class Duty(string name, TimeSpan interval, bool isVital, Func<Task> turn, TimeProvider clock, ILogger logger)
{
    /// <summary>Turns in a row that fail until the server's health says so.</summary>
    public const int MaxFailures = 5;

    private static readonly TimeSpan LogInterval = TimeSpan.FromSeconds(10);

    private long _loggedAt;
    private volatile int _failures;

    public string Name => name;

    public bool IsVital => isVital;

    /// <summary>Turns that have failed since the last one that did not.</summary>
    public int Failures => _failures;

    public bool IsFailing => Failures >= MaxFailures;

    /// <summary>How long a turn takes.</summary>
    public Progress Progress { get; } = new(name, clock);

    /// <summary>Takes turns until it is stopped.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(interval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping).ConfigureAwait(false))
            {
                await TakeTurnAsync(stopping).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private async Task TakeTurnAsync(CancellationToken stopping)
    {
        Progress.Step();
        try
        {
            await turn().ConfigureAwait(false);
            if (_failures > 0)
            {
                LogWorksAgain(name, _failures);
                _failures = 0;
            }
        }
        catch (Exception) when (stopping.IsCancellationRequested)
        {
            // What it works with may be gone already.
        }
        catch (Exception e)
        {
            _failures++;
            if (_failures == 1 || clock.GetElapsedTime(_loggedAt) > LogInterval)
            {
                _loggedAt = clock.GetTimestamp();
                if (e is CheckpointException or IOException or StoreUnavailableException)
                {
                    // What is wrong is the store, and its words say it.
                    LogStoreFailed(name, _failures, e.Message);
                }
                else
                {
                    LogFailed(e, name, _failures);
                }
            }
        }
        finally
        {
            Progress.Rest();
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The duty '{Duty}' failed and will be tried again; failures in a row: {Failures}")]
    private partial void LogFailed(Exception failure, string duty, int failures);

    [LoggerMessage(Level = LogLevel.Error, Message = "The duty '{Duty}' failed and will be tried again; failures in a row: {Failures}: {Reason}")]
    private partial void LogStoreFailed(string duty, int failures, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The duty '{Duty}' works again after {Failures} failures")]
    private partial void LogWorksAgain(string duty, int failures);
}

namespace OrleansZk.Ensemble.Clusters;

/// <summary>Waiting with an end, however generous.</summary>
internal static class Waiting
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

    public static Task InTimeAsync(this Task task) => task.WaitAsync(Patience, TestContext.Current.CancellationToken);

    public static Task<T> InTimeAsync<T>(this Task<T> task) => task.WaitAsync(Patience, TestContext.Current.CancellationToken);

    public static Task<WatchedEvent> NextEventAsync(this WireClient client) =>
        client.Events.ReadAsync(TestContext.Current.CancellationToken).AsTask().InTimeAsync();
}

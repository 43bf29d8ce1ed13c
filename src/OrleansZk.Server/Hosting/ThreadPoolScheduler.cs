using OrleansZk.Core.Replication;

namespace OrleansZk.Server.Hosting;

internal sealed class ThreadPoolScheduler : IWorkScheduler
{
    public static ThreadPoolScheduler Instance { get; } = new();

    public void Post(Action work) => ThreadPool.UnsafeQueueUserWorkItem(static action => action(), work, preferLocal: false);
}

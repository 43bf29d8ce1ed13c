using OrleansZk.Core.Replication;

namespace OrleansZk.TestKit.Engine;

/// <summary>Work that was posted, run when the test says so, in order.</summary>
public sealed class ManualScheduler : IWorkScheduler
{
    private readonly Queue<Action> _work = new();

    public int Count => _work.Count;

    public void Post(Action work) => _work.Enqueue(work);

    /// <summary>Runs everything, and what it posts.</summary>
    public void Run()
    {
        while (_work.TryDequeue(out Action? work))
        {
            work();
        }
    }

    public void Clear() => _work.Clear();
}

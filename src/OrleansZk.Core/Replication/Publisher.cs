namespace OrleansZk.Core.Replication;

/// <summary>Takes committed groups to the follower, one after the other, and keeps the emptied ones for use again.</summary>
/// <param name="delivered">Called after each group.</param>
/// <param name="failed">Called once, when a group could not be delivered: the follower may have applied a part of it, and gets nothing more.</param>
internal sealed class Publisher(
    IFollower follower, IWorkScheduler scheduler, Progress progress, Action delivered, Action<Exception> failed)
{
    private const int KeptGroups = 4;

    private readonly Lock _gate = new();
    private readonly Queue<OpenGroup> _waiting = new();
    private readonly Stack<OpenGroup> _free = new();
    private bool _isPublishing;
    private bool _hasFailed;
    private Action? _whenIdle;

    public OpenGroup Rent()
    {
        lock (_gate)
        {
            return _free.TryPop(out OpenGroup? group) ? group : new OpenGroup();
        }
    }

    /// <param name="elsewhere">True leaves the caller's thread free; false publishes on it, unless another thread is at it already.</param>
    public void Publish(OpenGroup group, bool elsewhere)
    {
        lock (_gate)
        {
            if (_hasFailed)
            {
                return;
            }

            _waiting.Enqueue(group);
            if (_isPublishing)
            {
                return;
            }

            _isPublishing = true;
            progress.Step();
        }

        if (elsewhere)
        {
            scheduler.Post(PublishWaiting);
        }
        else
        {
            PublishWaiting();
        }
    }

    /// <summary>Calls <paramref name="action"/> once everything was published; nothing more may be given to publish.</summary>
    public void WhenIdle(Action action)
    {
        lock (_gate)
        {
            if (_isPublishing)
            {
                _whenIdle = action;
                return;
            }
        }

        action();
    }

    private void PublishWaiting()
    {
        while (true)
        {
            OpenGroup? group;
            Action? whenIdle = null;
            lock (_gate)
            {
                if (!_waiting.TryDequeue(out group))
                {
                    _isPublishing = false;
                    whenIdle = _whenIdle;
                    progress.Rest();
                }
            }

            if (group is null)
            {
                whenIdle?.Invoke();
                return;
            }

            try
            {
                follower.Deliver(group.Items);
            }
#pragma warning disable CA1031 // Whatever it was, it must not end a thread of somebody else, nor leave those waiting who wait for the end.
            catch (Exception e)
#pragma warning restore CA1031
            {
                lock (_gate)
                {
                    _isPublishing = false;
                    _hasFailed = true;
                    _waiting.Clear();
                    whenIdle = _whenIdle;
                    progress.Rest();
                }

                failed(e);
                whenIdle?.Invoke();
                return;
            }

            progress.Step();
            delivered();
            group.Clear();
            lock (_gate)
            {
                if (_free.Count < KeptGroups)
                {
                    _free.Push(group);
                }
            }
        }
    }
}

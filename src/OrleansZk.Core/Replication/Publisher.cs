namespace OrleansZk.Core.Replication;

/// <summary>Takes committed groups to the follower, one after the other, and keeps the emptied ones for use again.</summary>
internal sealed class Publisher(IFollower follower, IWorkScheduler scheduler)
{
    private const int KeptGroups = 4;

    private readonly Lock _gate = new();
    private readonly Queue<OpenGroup> _waiting = new();
    private readonly Stack<OpenGroup> _free = new();
    private bool _isPublishing;
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
            _waiting.Enqueue(group);
            if (_isPublishing)
            {
                return;
            }

            _isPublishing = true;
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
            catch
            {
                // Nothing may follow what could not be delivered; and whoever waits for the end must not wait for ever.
                lock (_gate)
                {
                    _isPublishing = false;
                    _waiting.Clear();
                    whenIdle = _whenIdle;
                }

                whenIdle?.Invoke();
                throw;
            }

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

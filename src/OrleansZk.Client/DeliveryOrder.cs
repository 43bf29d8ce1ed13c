namespace OrleansZk.Client;

/// <summary>An event with its place among the answers and events of an attachment.</summary>
/// <param name="Number">1 for the first of them, be it answer or event, and so on without a gap.</param>
public readonly record struct NumberedEvent(long Number, WatchedEvent Event);

/// <summary>An answer with its place among the answers and events of an attachment.</summary>
public readonly record struct NumberedReply(long Number, ClientReply Reply);

/// <summary>Puts back in order what arrives by more than one way, some of it twice and some of it late. Not thread-safe.</summary>
/// <remarks>
/// An event must not be passed on before the answer to the request that left its watch, nor after an answer that shows what it tells of. So answers and events
/// are numbered together.
/// </remarks>
public sealed class DeliveryOrder<T>
{
    private readonly SortedDictionary<long, T> _early = [];

    /// <summary>The number of the newest that was passed on.</summary>
    public long Last { get; private set; }

    /// <summary>Begins anew: the numbers of another attachment say nothing about this one.</summary>
    /// <returns>What still waited for its turn, which does not come any more.</returns>
    public IReadOnlyList<T> Begin()
    {
        List<T> early = [.. _early.Values];
        Last = 0;
        _early.Clear();
        return early;
    }

    /// <summary>Takes what has arrived, be it for the second time.</summary>
    public void Add(long number, T item)
    {
        if (number > Last)
        {
            _early.TryAdd(number, item);
        }
    }

    /// <summary>Gives what may be passed on now.</summary>
    public bool TryTake(out T item)
    {
        if (!_early.Remove(Last + 1, out item!))
        {
            return false;
        }

        Last++;
        return true;
    }
}

namespace OrleansZk.Core.Watches;

/// <content>
/// What operators see of the table. It is copied piece by piece, and others have their turn between two pieces: what they change meanwhile may show or not. A piece
/// is references only, some nanoseconds each.
/// </content>
public sealed partial class WatchTable<TWatcher>
{
    /// <summary>How many watch anything, how many paths are watched, and how many pairs of the two there are.</summary>
    public (int Watchers, int Paths, int Watches) Summary
    {
        get
        {
            lock (_gate)
            {
                return (_byWatcher.Count, _byPath.Count, _byWatcher.Values.Sum(paths => paths.Count));
            }
        }
    }

    /// <summary>Every watcher with its paths; one that has none any more when its turn comes is left out.</summary>
    public IEnumerable<KeyValuePair<TWatcher, string[]>> ByWatcher()
    {
        foreach (TWatcher watcher in Copy(_byWatcher.Keys))
        {
            string[] paths;
            lock (_gate)
            {
                paths = _byWatcher.TryGetValue(watcher, out HashSet<string>? watched) ? [.. watched] : [];
            }

            if (paths.Length > 0)
            {
                yield return KeyValuePair.Create(watcher, paths);
            }
        }
    }

    /// <summary>Every path with its watchers; one that nobody watches any more when its turn comes is left out.</summary>
    public IEnumerable<KeyValuePair<string, TWatcher[]>> ByPath()
    {
        foreach (string path in Copy(_byPath.Keys))
        {
            TWatcher[] watchers;
            lock (_gate)
            {
                watchers = _byPath.TryGetValue(path, out Dictionary<TWatcher, WatchModes>? watching) ? [.. watching.Keys] : [];
            }

            if (watchers.Length > 0)
            {
                yield return KeyValuePair.Create(path, watchers);
            }
        }
    }

    private T[] Copy<T>(ICollection<T> keys)
    {
        lock (_gate)
        {
            var copy = new T[keys.Count];
            keys.CopyTo(copy, 0);
            return copy;
        }
    }
}

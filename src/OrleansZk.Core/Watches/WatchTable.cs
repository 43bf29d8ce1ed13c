using System.Runtime.InteropServices;

namespace OrleansZk.Core.Watches;

/// <summary>The ways in which one watcher can watch one path, all at once if it likes.</summary>
[Flags]
public enum WatchModes
{
    None = 0,

    /// <summary>Goes when it fires.</summary>
    Standard = 1,

    /// <summary>Stays when it fires.</summary>
    Persistent = 2,

    /// <summary>Stays, and sees every descendant too.</summary>
    PersistentRecursive = 4,
}

/// <summary>Who watches which path, of one kind (ZooKeeper: <c>WatchManager</c>); a replica has a table for data and one for children.</summary>
/// <typeparam name="TWatcher">A connection.</typeparam>
/// <remarks>Thread-safe: reads that leave watches run side by side.</remarks>
public sealed partial class WatchTable<TWatcher>
    where TWatcher : class
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Dictionary<TWatcher, WatchModes>> _byPath = [];
    private readonly Dictionary<TWatcher, HashSet<string>> _byWatcher = [];
    private int _recursive;

    /// <summary>Pairs of a watcher and a path.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _byWatcher.Values.Sum(paths => paths.Count);
            }
        }
    }

    public void Add(string path, TWatcher watcher, WatchModes mode)
    {
        lock (_gate)
        {
            ref Dictionary<TWatcher, WatchModes>? watchers = ref CollectionsMarshal.GetValueRefOrAddDefault(_byPath, path, out _);
            watchers ??= new Dictionary<TWatcher, WatchModes>(1);
            ref WatchModes modes = ref CollectionsMarshal.GetValueRefOrAddDefault(watchers, watcher, out bool known);
            if (mode == WatchModes.PersistentRecursive && (modes & mode) == 0)
            {
                _recursive++;
            }

            modes |= mode;
            if (!known)
            {
                ref HashSet<string>? paths = ref CollectionsMarshal.GetValueRefOrAddDefault(_byWatcher, watcher, out _);
                paths ??= [];
                paths.Add(path);
            }
        }
    }

    /// <summary>True when the watcher watches the path in any of <paramref name="modes"/>.</summary>
    public bool Contains(string path, TWatcher watcher, WatchModes modes)
    {
        lock (_gate)
        {
            return _byPath.TryGetValue(path, out Dictionary<TWatcher, WatchModes>? watchers)
                && watchers.TryGetValue(watcher, out WatchModes present)
                && (present & modes) != 0;
        }
    }

    /// <summary>Ends the watcher's watches on the path in <paramref name="modes"/>.</summary>
    /// <returns>False when it had none of them.</returns>
    public bool Remove(string path, TWatcher watcher, WatchModes modes)
    {
        lock (_gate)
        {
            if (!_byPath.TryGetValue(path, out Dictionary<TWatcher, WatchModes>? watchers)
                || !watchers.TryGetValue(watcher, out WatchModes present)
                || (present & modes) == 0)
            {
                return false;
            }

            Keep(path, watchers, watcher, present, present & ~modes);
            return true;
        }
    }

    /// <summary>Ends all watches of a watcher that has gone.</summary>
    public void RemoveAll(TWatcher watcher)
    {
        lock (_gate)
        {
            if (!_byWatcher.Remove(watcher, out HashSet<string>? paths))
            {
                return;
            }

            foreach (string path in paths)
            {
                Dictionary<TWatcher, WatchModes> watchers = _byPath[path];
                watchers.Remove(watcher, out WatchModes modes);
                if ((modes & WatchModes.PersistentRecursive) != 0)
                {
                    _recursive--;
                }

                if (watchers.Count == 0)
                {
                    _byPath.Remove(path);
                }
            }
        }
    }

    /// <summary>Collects who is to hear of a change at <paramref name="path"/>, each once, and ends the watches that fire only once.</summary>
    /// <param name="fired">Gets the watchers that it does not hold yet.</param>
    public void Fire(string path, HashSet<TWatcher> fired)
    {
        lock (_gate)
        {
            if (_byPath.Count == 0)
            {
                return;
            }

            if (_byPath.TryGetValue(path, out Dictionary<TWatcher, WatchModes>? watchers))
            {
                FireAt(path, watchers, fired);
            }

            if (_recursive > 0)
            {
                FireAbove(path, fired);
            }
        }
    }

    private void FireAt(string path, Dictionary<TWatcher, WatchModes> watchers, HashSet<TWatcher> fired)
    {
        foreach ((TWatcher watcher, WatchModes modes) in watchers)
        {
            fired.Add(watcher);
            if ((modes & WatchModes.Standard) != 0)
            {
                // Removing, and setting what exists, are allowed while a dictionary is enumerated.
                Keep(path, watchers, watcher, modes, modes & ~WatchModes.Standard);
            }
        }
    }

    private void FireAbove(string path, HashSet<TWatcher> fired)
    {
        Dictionary<string, Dictionary<TWatcher, WatchModes>>.AlternateLookup<ReadOnlySpan<char>> lookup =
            _byPath.GetAlternateLookup<ReadOnlySpan<char>>();
        ReadOnlySpan<char> above = path;
        while (above.Length > 1)
        {
            above = above[..Math.Max(1, above.LastIndexOf('/'))];
            if (lookup.TryGetValue(above, out Dictionary<TWatcher, WatchModes>? watchers))
            {
                foreach ((TWatcher watcher, WatchModes modes) in watchers)
                {
                    if ((modes & WatchModes.PersistentRecursive) != 0)
                    {
                        fired.Add(watcher);
                    }
                }
            }
        }
    }

    private void Keep(
        string path, Dictionary<TWatcher, WatchModes> watchers, TWatcher watcher, WatchModes before, WatchModes after)
    {
        if ((before & ~after & WatchModes.PersistentRecursive) != 0)
        {
            _recursive--;
        }

        if (after != WatchModes.None)
        {
            watchers[watcher] = after;
            return;
        }

        watchers.Remove(watcher);
        if (watchers.Count == 0)
        {
            _byPath.Remove(path);
        }

        HashSet<string> paths = _byWatcher[watcher];
        paths.Remove(path);
        if (paths.Count == 0)
        {
            _byWatcher.Remove(watcher);
        }
    }
}

using System.Runtime.InteropServices;
using OrleansZk.Core.Paths;

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

    // Apart from the others: a change looks here for every path above it, and must not go through all who watch one of those in another way.
    private readonly PrefixTable<HashSet<TWatcher>> _recursive = new();

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
                AddRecursive(path, watcher);
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
                    RemoveRecursive(path, watcher);
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

            if (_recursive.Count > 0)
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
        var above = new PathPrefixes(path);
        while (above.MoveNext() && above.Length < path.Length)
        {
            if (_recursive.TryGet(above, out HashSet<TWatcher>? watchers))
            {
                foreach (TWatcher watcher in watchers)
                {
                    fired.Add(watcher);
                }
            }
        }
    }

    private void AddRecursive(string path, TWatcher watcher)
    {
        if (_recursive.Find(path) is not { } watchers)
        {
            _recursive.Add(path, watchers = []);
        }

        watchers.Add(watcher);
    }

    private void RemoveRecursive(string path, TWatcher watcher)
    {
        HashSet<TWatcher> watchers = _recursive.Find(path)!;
        watchers.Remove(watcher);
        if (watchers.Count == 0)
        {
            _recursive.Remove(path);
        }
    }

    private void Keep(
        string path, Dictionary<TWatcher, WatchModes> watchers, TWatcher watcher, WatchModes before, WatchModes after)
    {
        if ((before & ~after & WatchModes.PersistentRecursive) != 0)
        {
            RemoveRecursive(path, watcher);
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

using OrleansZk.Storage.Files;

namespace OrleansZk.Storage.Tests.Support;

/// <summary>A folder in memory that knows what a power loss would leave of it, and fails when told to. Thread-safe.</summary>
/// <remarks>
/// What was written since a file's last sync survives a power loss by the sector, at random; creations, renames and deletions since the
/// folder's last sync survive up to some point, as on a journaling file system.
/// </remarks>
internal sealed class SimulatedDisk : Disk
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, SimulatedFile> _names = [];
    private readonly Dictionary<string, SimulatedFile> _durableNames = [];
    private readonly List<Action<Dictionary<string, SimulatedFile>>> _unsyncedNames = [];
    private int _operationsLeft = int.MaxValue;
    private long _space = long.MaxValue / 2;
    private int _writesUntilFailure = int.MaxValue;
    private int _syncsUntilFailure = int.MaxValue;

    public override string Folder => "simulated";

    /// <summary>Writes and syncs that have been done.</summary>
    public int Operations { get; private set; }

    /// <summary>A disk that holds these files, durably.</summary>
    public static SimulatedDisk Of(IEnumerable<KeyValuePair<string, byte[]>> files)
    {
        var disk = new SimulatedDisk();
        foreach ((string name, byte[] content) in files)
        {
            SimulatedFile file = new([.. content]);
            disk._names[name] = file;
            disk._durableNames[name] = file;
        }

        return disk;
    }

    /// <summary>What a reader would find at this moment.</summary>
    public Dictionary<string, byte[]> Snapshot()
    {
        lock (_lock)
        {
            return _names.ToDictionary(entry => entry.Key, entry => entry.Value.Content.ToArray());
        }
    }

    /// <summary>Lets the power go before the given number of further operations has been done: all later ones fail.</summary>
    public void CutPowerAfter(int operations) => _operationsLeft = operations;

    /// <summary>Lets one write fail, with half of it done.</summary>
    /// <param name="nth">1 for the next.</param>
    public void FailWrite(int nth = 1) => _writesUntilFailure = nth;

    /// <summary>
    /// Lets one sync fail. What it should have written is gone from the disk's view, and reads well until the power
    /// goes.
    /// </summary>
    /// <param name="nth">1 for the next.</param>
    public void FailSync(int nth = 1) => _syncsUntilFailure = nth;

    /// <summary>Leaves room for so many more bytes.</summary>
    public void LimitSpace(long bytes) => _space = bytes;

    /// <summary>The disk as it is found when the power is back.</summary>
    public SimulatedDisk AfterPowerLoss(Random random)
    {
        lock (_lock)
        {
            var names = new Dictionary<string, SimulatedFile>(_durableNames);
            foreach (Action<Dictionary<string, SimulatedFile>> change in _unsyncedNames.Take(random.Next(_unsyncedNames.Count + 1)))
            {
                change(names);
            }

            return Of(names.Select(entry => KeyValuePair.Create(entry.Key, entry.Value.AfterPowerLoss(random))));
        }
    }

    public override IReadOnlyList<string> List()
    {
        lock (_lock)
        {
            return [.. _names.Keys];
        }
    }

    public override DiskFile Create(string name)
    {
        lock (_lock)
        {
            CountOperation();
            var file = new SimulatedFile([]);
            ChangeNames(names => names[name] = file);
            return new Handle(this, file, write: true);
        }
    }

    public override DiskFile Open(string name, bool write)
    {
        lock (_lock)
        {
            return _names.TryGetValue(name, out SimulatedFile? file)
                ? new Handle(this, file, write)
                : throw new FileNotFoundException("no such file", name);
        }
    }

    public override void Rename(string from, string to)
    {
        lock (_lock)
        {
            CountOperation();
            SimulatedFile file = _names[from];
            if (_names.ContainsKey(to))
            {
                throw new IOException($"'{to}' exists");
            }

            ChangeNames(names =>
            {
                names.Remove(from);
                names[to] = file;
            });
        }
    }

    public override void Delete(string name)
    {
        lock (_lock)
        {
            CountOperation();
            ChangeNames(names => names.Remove(name));
        }
    }

    public override void SyncFolder()
    {
        lock (_lock)
        {
            CountOperation();
            _unsyncedNames.ForEach(change => change(_durableNames));
            _unsyncedNames.Clear();
        }
    }

    private void ChangeNames(Action<Dictionary<string, SimulatedFile>> change)
    {
        change(_names);
        _unsyncedNames.Add(change);
    }

    private void CountOperation()
    {
        if (_operationsLeft <= 0)
        {
            throw new IOException("the power is off");
        }

        _operationsLeft--;
        Operations++;
    }

    private sealed class Handle(SimulatedDisk disk, SimulatedFile file, bool write) : DiskFile
    {
        public override long Length
        {
            get
            {
                lock (disk._lock)
                {
                    return file.Content.Length;
                }
            }
        }

        public override int Read(Span<byte> buffer, long position)
        {
            lock (disk._lock)
            {
                int count = (int)Math.Clamp(file.Content.Length - position, 0, buffer.Length);
                file.Content.AsSpan((int)position, count).CopyTo(buffer);
                return count;
            }
        }

        public override void Write(ReadOnlySpan<byte> bytes, long position)
        {
            lock (disk._lock)
            {
                Assert.True(write);
                disk.CountOperation();
                bool fails = --disk._writesUntilFailure == 0;
                long growth = Math.Max(0, position + bytes.Length - file.Content.Length);
                if (fails || growth > disk._space)
                {
                    file.Write(bytes[..(int)(fails ? bytes.Length / 2 : bytes.Length - growth + disk._space)], position);
                    disk._space = fails ? disk._space : 0;
                    throw new IOException(fails ? "the device is broken" : "no space left on device");
                }

                disk._space -= growth;
                file.Write(bytes, position);
            }
        }

        public override void Write(IReadOnlyList<ReadOnlyMemory<byte>> pieces, long position) =>
            Write(pieces.SelectMany(piece => piece.ToArray()).ToArray(), position);

        public override void SetLength(long length)
        {
            lock (disk._lock)
            {
                disk.CountOperation();
                disk._space += Math.Max(0, file.Content.Length - length);
                file.SetLength(length);
            }
        }

        public override void Sync()
        {
            lock (disk._lock)
            {
                disk.CountOperation();
                if (--disk._syncsUntilFailure == 0)
                {
                    file.ForgetUnsynced();
                    throw new IOException("the device is broken");
                }

                file.Sync();
            }
        }

        public override void Dispose()
        {
        }
    }
}

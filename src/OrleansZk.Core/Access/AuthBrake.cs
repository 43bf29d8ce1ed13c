using System.Buffers.Binary;
using System.IO.Hashing;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace OrleansZk.Core.Access;

/// <summary>Slows down a client that tries one password after another: says from when on an auth packet of a client may be taken.</summary>
/// <remarks>
/// <para>Any user and password are an identity, so no packet is wrong by itself; what tells a guess is that the address has not sent it before. An address may send
/// <see cref="FreeAttempts"/> different credentials at once, far more than clients have. Each further one waits, a second at first and up to 16 as they go on, one after
/// the other over all connections of the address, reconnected or not. Credentials that were taken at once before are taken at once again, so clients that
/// reconnect do not wait, not even beside somebody who guesses.</para>
/// <para>An IPv6 network of 64 bits counts as one address. <see cref="MaxAddresses"/> are remembered, the last used ones. Thread-safe.</para>
/// </remarks>
public sealed class AuthBrake(TimeProvider clock)
{
    /// <summary>Different credentials of one address that are taken at once. Each comes back when its time, a second or more, is over.</summary>
    public const int FreeAttempts = 64;

    /// <summary>Addresses that are remembered.</summary>
    public const int MaxAddresses = 4096;

    /// <summary>No packet waits for longer.</summary>
    public static readonly TimeSpan MaxDelay = TimeSpan.FromMinutes(1);

    private const int AttemptsPerDoubling = 32;
    private const int MaxDoublings = 4;

    // So that nobody outside can make two credentials look alike.
    private readonly long _seed = BinaryPrimitives.ReadInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(long)));
    private readonly Lock _gate = new();
    private readonly Dictionary<UInt128, LinkedListNode<Source>> _sources = [];
    private readonly LinkedList<Source> _byLastUse = [];

    /// <summary>Addresses that are remembered now.</summary>
    public int AddressCount
    {
        get
        {
            lock (_gate)
            {
                return _sources.Count;
            }
        }
    }

    /// <summary>Counts an attempt, to be called once for each packet.</summary>
    /// <param name="address">The client's; one that is no address, or 0.0.0.0, is a caller within the process and never waits.</param>
    /// <param name="credentials">What tells one attempt from another: the packet.</param>
    /// <returns>The timestamp from which on the packet may be taken; the present one or an earlier one when it need not wait.</returns>
    public long NotBefore(string address, ReadOnlySpan<byte> credentials)
    {
        long now = clock.GetTimestamp();
        if (!IPAddress.TryParse(address, out IPAddress? parsed) || parsed.Equals(IPAddress.Any))
        {
            return now;
        }

        ulong hash = XxHash3.HashToUInt64(credentials, _seed);
        lock (_gate)
        {
            Source source = Find(KeyOf(parsed));
            if (source.PaidUntil <= now)
            {
                (source.PaidUntil, source.Delayed) = (now, 0);
            }

            if (source.Known.Contains(hash))
            {
                return now;
            }

            long price = clock.TimestampFrequency << Math.Min(MaxDoublings, source.Delayed / AttemptsPerDoubling);
            long notBefore = source.PaidUntil - ((FreeAttempts - 1) * clock.TimestampFrequency);
            if (notBefore <= now)
            {
                source.Remember(hash);
            }
            else
            {
                source.Delayed++;
            }

            long limit = now + Ticks(MaxDelay);
            source.PaidUntil = Math.Min(source.PaidUntil + price, limit + ((FreeAttempts - 1) * clock.TimestampFrequency));
            return Math.Min(notBefore, limit);
        }
    }

    private static UInt128 KeyOf(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        bool isIPv6 = address.AddressFamily == AddressFamily.InterNetworkV6 && !address.IsIPv4MappedToIPv6;
        address.MapToIPv6().TryWriteBytes(bytes, out _);
        if (isIPv6)
        {
            bytes[8..].Clear();
        }

        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    private Source Find(UInt128 key)
    {
        if (_sources.TryGetValue(key, out LinkedListNode<Source>? known))
        {
            _byLastUse.Remove(known);
            _byLastUse.AddLast(known);
            return known.Value;
        }

        if (_sources.Count == MaxAddresses)
        {
            _sources.Remove(_byLastUse.First!.Value.Key);
            _byLastUse.RemoveFirst();
        }

        var source = new Source(key);
        _sources.Add(key, _byLastUse.AddLast(source));
        return source;
    }

    private long Ticks(TimeSpan time) => (long)(time.TotalSeconds * clock.TimestampFrequency);

    private sealed class Source(UInt128 key)
    {
        private readonly List<ulong> _known = new(1);
        private int _oldest;

        public UInt128 Key => key;

        /// <summary>What was taken at once: the newest <see cref="FreeAttempts"/>.</summary>
        public IReadOnlyList<ulong> Known => _known;

        /// <summary>When the price of all attempts is paid, a timestamp.</summary>
        public long PaidUntil { get; set; }

        /// <summary>Attempts that had to wait since all was paid last.</summary>
        public int Delayed { get; set; }

        public void Remember(ulong hash)
        {
            if (_known.Count < FreeAttempts)
            {
                _known.Add(hash);
            }
            else
            {
                _known[_oldest] = hash;
                _oldest = (_oldest + 1) % FreeAttempts;
            }
        }
    }
}

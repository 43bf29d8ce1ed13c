using System.Net;

namespace OrleansZk.Server.FrontEnd;

/// <summary>Counts connections, all and by address, against their limits.</summary>
/// <param name="perAddress">0 for any number.</param>
/// <param name="total">0 for any number.</param>
internal sealed class ConnectionLimiter(int perAddress, int total)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<IPAddress, int> _counts = [];
    private int _all;

    /// <summary>Connections that were refused.</summary>
    public long Rejected { get; private set; }

    public bool TryEnter(IPAddress address)
    {
        lock (_gate)
        {
            int count = _counts.GetValueOrDefault(address);
            if ((perAddress > 0 && count >= perAddress) || (total > 0 && _all >= total))
            {
                Rejected++;
                return false;
            }

            _counts[address] = count + 1;
            _all++;
            return true;
        }
    }

    public void Leave(IPAddress address)
    {
        lock (_gate)
        {
            _all--;
            int count = _counts[address] - 1;
            if (count == 0)
            {
                _counts.Remove(address);
            }
            else
            {
                _counts[address] = count;
            }
        }
    }
}

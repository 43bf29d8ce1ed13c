using System.Numerics;

namespace OrleansZk.LoadGenerator;

/// <summary>Counts of nanosecond values in log-linear buckets: 64 per power of two, so within 1.6 %.</summary>
internal sealed class Histogram
{
    private const int Bits = 6;
    private const int PerPower = 1 << Bits;

    // Values up to 2^40 ns (18 minutes).
    private readonly int[] _counts = new int[(40 - Bits + 1) * PerPower];
    private long _total;

    public void Clear()
    {
        Array.Clear(_counts);
        _total = 0;
    }

    public void Add(long nanoseconds)
    {
        _counts[Bucket(nanoseconds)]++;
        _total++;
    }

    /// <summary>The value in microseconds below which the given share of all values lies; 0 without values.</summary>
    public double Percentile(double share)
    {
        long rank = Math.Max(1, (long)Math.Ceiling(_total * share));
        long seen = 0;
        for (int i = 0; i < _counts.Length; i++)
        {
            seen += _counts[i];
            if (seen >= rank)
            {
                return Middle(i) / 1000.0;
            }
        }

        return 0;
    }

    private static int Bucket(long value)
    {
        if (value < PerPower)
        {
            return value < 0 ? 0 : (int)value;
        }

        int shift = BitOperations.Log2((ulong)value) - Bits;
        return Math.Min(((shift + 1) << Bits) + (int)(value >> shift) - PerPower, ((40 - Bits + 1) * PerPower) - 1);
    }

    private static double Middle(int bucket)
    {
        int power = bucket >> Bits;
        int offset = bucket & (PerPower - 1);
        return power == 0 ? offset : (offset + PerPower + 0.5) * Math.Pow(2, power - 1);
    }
}

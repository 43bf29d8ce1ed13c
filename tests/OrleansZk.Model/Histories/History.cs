namespace OrleansZk.Model.Histories;

/// <summary>What some clients, the clock and fate did, in order.</summary>
internal sealed record History(IReadOnlyList<Step> Steps)
{
    public override string ToString() => string.Join('\n', Steps.Select((step, i) => $"{i,4} {step}"));

    /// <summary>Smaller histories that may fail in the same way: without a half, a quarter... of the steps, then without single requests and parts.</summary>
    public IEnumerable<History> Shrunk()
    {
        for (int length = Steps.Count / 2; length > 0; length /= 2)
        {
            for (int start = 0; start < Steps.Count; start += length)
            {
                yield return new History([.. Steps.Take(start), .. Steps.Skip(start + length)]);
            }
        }

        for (int i = 0; i < Steps.Count; i++)
        {
            foreach (Step smaller in Smaller(Steps[i]))
            {
                yield return new History([.. Steps.Take(i), smaller, .. Steps.Skip(i + 1)]);
            }
        }
    }

    private static IEnumerable<Step> Smaller(Step step)
    {
        if (step is not SendStep send)
        {
            yield break;
        }

        for (int i = 0; i < send.Ops.Count; i++)
        {
            if (send.Ops.Count > 1)
            {
                yield return send with { Ops = [.. send.Ops.Take(i), .. send.Ops.Skip(i + 1)] };
            }

            foreach (Op smaller in Smaller(send.Ops[i]))
            {
                yield return send with { Ops = [.. send.Ops.Take(i), smaller, .. send.Ops.Skip(i + 1)] };
            }
        }
    }

    private static IEnumerable<Op> Smaller(Op op)
    {
        if (op is MultiOp multi)
        {
            for (int i = 0; i < multi.Parts.Count; i++)
            {
                yield return new MultiOp([.. multi.Parts.Take(i), .. multi.Parts.Skip(i + 1)]);
            }

            if (multi.Parts.Count == 1 && multi.Parts[0] is not CheckOp)
            {
                yield return multi.Parts[0];
            }
        }
        else if (op is MultiReadOp read)
        {
            for (int i = 0; i < read.Parts.Count; i++)
            {
                yield return new MultiReadOp([.. read.Parts.Take(i), .. read.Parts.Skip(i + 1)]);
            }
        }
        else if (op is SetWatchesOp set)
        {
            foreach (SetWatchesOp smaller in new[]
            {
                set with { Data = [] }, set with { Exist = [] }, set with { Child = [] }, set with { Persistent = [] }, set with { Recursive = [] },
            })
            {
                if (smaller.ToString() != set.ToString())
                {
                    yield return smaller;
                }
            }
        }
    }
}

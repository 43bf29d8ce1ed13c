namespace OrleansZk.Interop.Differential;

/// <summary>Where transcripts are kept for reading, when <c>INTEROP_TRANSCRIPTS</c> names a folder.</summary>
public static class TranscriptFolder
{
    public static void Keep(string scenario, string server, IReadOnlyList<Step> steps)
    {
        if (Environment.GetEnvironmentVariable("INTEROP_TRANSCRIPTS") is not { Length: > 0 } folder)
        {
            return;
        }

        Directory.CreateDirectory(folder);
        var lines = steps.SelectMany(step => step.Lines.Select(line => "    " + line).Prepend(step.Label));
        File.WriteAllLines(Path.Combine(folder, $"{scenario.Replace(' ', '-')}.{server}.txt"), lines);
    }
}
